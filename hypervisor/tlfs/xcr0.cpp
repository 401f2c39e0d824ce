// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/xcr0.h"

#include <array>
#include <cstring>

namespace hypervisor::xcr0 {

extern "C" const u8 xcr0_probe[];  // xcr0_probe.S

namespace {

constinit std::atomic<bool> exits{false};

constexpr u32 structured_features = 7;
constexpr u32 extended_features = 0x8000'0001;
constexpr u32 state_components = 0xd;

bool is_in_cpu() {
    return (cpuid(1).ecx & 1U << 26) != 0;
}

consteval u32 bits(auto... numbers) {
    return (0U | ... | (1U << numbers));
}

struct Dependent {
    u32 leaf;
    u32 subleaf;
    CpuidResult features;
};

// All that is encoded with VEX, EVEX or XOP, or whose state only XSAVE keeps.
// @source AMD APM vol. 3, appendix E; Intel SDM vol. 2A, "CPUID", leaf 7
constexpr std::array dependents{
    Dependent{1, 0, {0, 0, bits(12, 26, 27, 28, 29), 0}},  // FMA XSAVE OSXSAVE AVX F16C
    Dependent{structured_features,
              0,
              {0, bits(5, 14, 16, 17, 21, 26, 27, 28, 30, 31),  // AVX2 MPX AVX512*
               bits(1, 3, 4, 6, 7, 9, 10, 11, 12, 14),          // PKU CET_SS VAES AVX512*
               bits(2, 3, 8, 20, 22, 23, 24, 25)}},             // CET_IBT AMX AVX512*
    Dependent{structured_features, 1, {bits(4, 5, 21, 22, 23), 0, 0, bits(4, 5, 8, 10, 18, 19)}},
    Dependent{extended_features, 0, {0, 0, bits(11, 15, 16), 0}},  // XOP LWP FMA4
};

bool all_or_none(u64 value, u64 components) {
    return (value & components) == 0 || (value & components) == components;
}

}  // namespace

void probe(Vp& vp) {
    constexpr VmcbSegment code{8, 0xa9b, 0xffff'ffff, 0};
    constexpr VmcbSegment data{16, 0xc93, 0xffff'ffff, 0};
    if (!is_in_cpu()) {
        return;
    }
    Vmcb& vmcb = vp.of(Vtl::Vtl0).vmcb;
    vmcb.intercept_exceptions = ~u32{0};
    vmcb.intercept_misc1 = intercept_shutdown;
    vmcb.intercept_misc2 = intercept_svm_instructions | intercept_xsetbv;
    vmcb.guest_asid = 1;
    vmcb.cs = code;
    vmcb.ds = vmcb.es = vmcb.ss = data;
    vmcb.efer = read_msr(msr_efer);
    vmcb.cr0 = read_cr0();
    vmcb.cr3 = read_cr3();  // without nested paging: the host's own view
    vmcb.cr4 = read_cr4();
    vmcb.rflags = rflags_reserved;
    vmcb.rip = std::bit_cast<u64>(&xcr0_probe[0]);
    hypervisor_vmrun(std::bit_cast<u64>(&vmcb), &vp.registers);
    exits.store(static_cast<ExitCode>(static_cast<u32>(vmcb.exit_code)) == ExitCode::Xsetbv);
    std::memset(&vmcb, 0, sizeof(vmcb));
    vp.registers = {};
}

bool is_shown() {
    return is_in_cpu() && exits.load(std::memory_order_relaxed);
}

bool is_hidden() {
    return is_in_cpu() && !exits.load(std::memory_order_relaxed);
}

void hide(u32 leaf, u32 subleaf, CpuidResult& result) {
    if (!is_hidden()) {
        return;
    }
    if (leaf == state_components) {
        result = {};
    }
    for (const Dependent& one : dependents) {
        if (one.leaf == leaf && (leaf != structured_features || one.subleaf == subleaf)) {
            result.eax &= ~one.features.eax;
            result.ebx &= ~one.features.ebx;
            result.ecx &= ~one.features.ecx;
            result.edx &= ~one.features.edx;
        }
    }
}

bool is_valid(u64 value) {
    const CpuidResult components = cpuid(state_components);
    return is_valid(value, u64{components.edx} << 32 | components.eax);
}

bool is_valid(u64 value, u64 supported) {
    constexpr u64 x87 = 1;
    constexpr u64 sse = 2;
    constexpr u64 avx = 4;
    constexpr u64 mpx = 0x18;
    constexpr u64 avx512 = 0xe0;
    constexpr u64 amx = 0x6'0000;
    const bool has_avx = (value & avx) != 0;
    return (value & ~supported) == 0 && (value & x87) != 0 && (!has_avx || (value & sse) != 0) &&
           ((value & avx512) == 0 || has_avx) && all_or_none(value, mpx) &&
           all_or_none(value, avx512) && all_or_none(value, amx);
}

}  // namespace hypervisor::xcr0
