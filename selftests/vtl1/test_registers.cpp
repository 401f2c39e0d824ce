// SPDX-License-Identifier: MIT
#include "selftests/vtl1/test_registers.h"

#include "selftests/vtl1/test_msr.h"
#include "vtl1/arch/cpuid.h"

namespace selftest {

namespace {

using base::u32;
using base::u64;

template <u32 Number>
void write(u64 value) {
    vtl1::write_msr(Msr<Number>::from_raw(value));
}

vtl_selftest_registers read_shared() {
    u64 cr2 = 0;
    u64 dr0 = 0;
    u64 dr1 = 0;
    u64 dr2 = 0;
    u64 dr3 = 0;
    // SAFETY: reads.
    asm volatile(
        "mov %%cr2, %0\n\t"
        "mov %%dr0, %1\n\t"
        "mov %%dr1, %2\n\t"
        "mov %%dr2, %3\n\t"
        "mov %%dr3, %4"
        : "=r"(cr2), "=r"(dr0), "=r"(dr1), "=r"(dr2), "=r"(dr3));
    return {.cr2 = cr2, .dr = {dr0, dr1, dr2, dr3}};
}

// VTL1 uses none of these: it makes no system calls, has no breakpoints, and maps all its memory
// with the first entry of PAT.
void write_private() {
    write<0x174>(0x0000'0000'0000'1110);        // SYSENTER_CS
    write<0x175>(0x0000'1111'2222'3330);        // SYSENTER_ESP
    write<0x176>(0x0000'1111'2222'4440);        // SYSENTER_EIP
    write<0x277>(0x0607'0406'0007'0406);        // PAT: only entry 7 differs from reset
    write<0xc000'0081>(0x1111'2222'3333'4444);  // STAR
    write<0xc000'0082>(0x0000'1111'2222'5550);  // LSTAR
    write<0xc000'0083>(0x0000'1111'2222'6660);  // CSTAR
    write<0xc000'0084>(0x0000'0000'0001'0200);  // SFMASK
    write<0xc000'0100>(0x0000'1111'2222'7770);  // FS_BASE
    write<0xc000'0102>(0x0000'1111'2222'8880);  // KERNEL_GS_BASE
    const bool has_tsc_aux = (vtl1::cpuid(0x8000'0001).edx >> 27 & 1) != 0;  // RDTSCP
    if (has_tsc_aux) {
        write<0xc000'0103>(0x5a5a);  // TSC_AUX
    }
    // SAFETY: no breakpoint becomes enabled; interrupts of class 15, ours, stay deliverable.
    asm volatile(
        "mov %0, %%dr7\n\t"
        "mov %1, %%cr8"
        :
        : "r"(u64{0x700}), "r"(u64{3}));
}

}  // namespace

vtl1::CallResult test_registers(vtl1::Vtl0Out<vtl_selftest_registers> out) {
    const vtl_selftest_registers shared = read_shared();
    TRY(std::move(out).store(shared));
    write_private();
    return 0;
}

}  // namespace selftest
