// SPDX-License-Identifier: MIT
#include "vtl1/arch/cpuid.h"

namespace vtl1 {

namespace {

constexpr bool bit(u32 value, unsigned number) {
    return (value >> number & 1) != 0;
}

constexpr u32 intel_ebx = 0x756e'6547;  // "Genu"; Intel SDM vol. 2, CPUID, leaf 0

}  // namespace

CpuFeatures CpuFeatures::read() {
    const CpuidResult vendor = cpuid(0);
    const CpuidResult basic = cpuid(1);
    const CpuidResult extended = vendor.eax >= 7 ? cpuid(7) : CpuidResult{};
    const CpuidResult amd =
        cpuid(0x8000'0000).eax >= 0x8000'0008 ? cpuid(0x8000'0008) : CpuidResult{};
    const CpuidResult hypervisor = cpuid(TLFS_CPUID_FEATURES);
    return {
        .is_intel = vendor.ebx == intel_ebx,
        .has_rdrand = bit(basic.ecx, 30),
        .has_rdseed = bit(extended.ebx, 18),
        .has_machine_check = bit(basic.edx, 7),
        .has_smep = bit(extended.ebx, 7),
        .has_smap = bit(extended.ebx, 20),
        .has_umip = bit(extended.ecx, 2),
        .has_ibpb = bit(amd.ebx, 12) || bit(extended.edx, 26),
        .has_verw = bit(extended.edx, 10),
        .has_crash_msrs = (hypervisor.edx & TLFS_CRASH_MSRS_AVAILABLE) != 0,
        .has_reference_time = (hypervisor.eax & TLFS_ACCESS_REFERENCE_COUNTER) != 0,
    };
}

}  // namespace vtl1
