// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_cpuid.h"
#include "vtl1/types.h"

namespace vtl1 {

struct CpuidResult {
    u32 eax;
    u32 ebx;
    u32 ecx;
    u32 edx;
};

inline CpuidResult cpuid(u32 leaf, u32 subleaf = 0) {
    CpuidResult r{};
    // SAFETY: CPUID changes these four registers only.
    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "a"(leaf), "c"(subleaf));
    return r;
}

/// What VTL1 uses if the CPU has it.
/// @source Intel SDM vol. 2, CPUID; AMD APM vol. 3, appendix E
struct CpuFeatures {
    bool is_intel;
    bool has_rdrand;
    bool has_rdseed;
    bool has_machine_check;
    bool has_smep;
    bool has_smap;
    bool has_umip;
    bool has_ibpb;
    bool has_verw;        // VERW overwrites CPU buffers
    bool has_crash_msrs;  // of the hypervisor
    bool has_reference_time;

    static CpuFeatures read();
};

}  // namespace vtl1
