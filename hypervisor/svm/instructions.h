// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

/// One instruction to a function (AMD APM vol. 3).
namespace hypervisor {

using base::u16;
using base::u32;
using base::u64;
using base::u8;

inline void out8(u16 port, u8 value) {
    // SAFETY: ports are named by constants of platform/ only.
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

inline u8 in8(u16 port) {
    u8 value = 0;
    // SAFETY: ports are named by constants of platform/ only.
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

inline void out16(u16 port, u16 value) {
    // SAFETY: ports are named by constants of platform/ only.
    asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

inline u16 in16(u16 port) {
    u16 value = 0;
    // SAFETY: ports are named by constants of platform/ only.
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

inline void out32(u16 port, u32 value) {
    // SAFETY: ports are named by constants of platform/ only.
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

inline u32 in32(u16 port) {
    u32 value = 0;
    // SAFETY: ports are named by constants of platform/ only.
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

inline u64 read_msr(u32 msr) {
    u32 low = 0;
    u32 high = 0;
    // SAFETY: RDMSR touches no memory; callers name MSRs that every SVM CPU has.
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return u64{high} << 32 | low;
}

inline void write_msr(u32 msr, u64 value) {
    // SAFETY: the caller names what changes; "memory" orders it with the tables it may point to.
    asm volatile("wrmsr"
                 :
                 : "c"(msr), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32))
                 : "memory");
}

struct CpuidResult {
    u32 eax;
    u32 ebx;
    u32 ecx;
    u32 edx;
};

inline CpuidResult cpuid(u32 leaf, u32 subleaf = 0) {
    CpuidResult result{};
    // SAFETY: CPUID changes only its four outputs.
    asm volatile("cpuid"
                 : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                 : "a"(leaf), "c"(subleaf));
    return result;
}

inline u64 read_tsc() {
    u32 low = 0;
    u32 high = 0;
    // SAFETY: RDTSC changes only its outputs.
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return u64{high} << 32 | low;
}

inline void clear_global_interrupt_flag() {
    // SAFETY: from here no interrupt, not even an NMI, is taken by the host.
    asm volatile("clgi" ::: "memory");
}

inline void set_global_interrupt_flag() {
    // SAFETY: RFLAGS.IF is always 0 in the host, so only NMIs come in; their handler is IRETQ.
    asm volatile("stgi" ::: "memory");
}

inline void halt() {
    // SAFETY: called with GIF set and IF clear: an NMI ends it.
    asm volatile("hlt" ::: "memory");
}

/// Saves FS, GS, TR, LDTR, KernelGsBase, STAR, LSTAR, CSTAR, SFMASK and SYSENTER_* of this CPU.
inline void vmsave(u64 vmcb_pa) {
    // SAFETY: writes only into the VMCB named.
    asm volatile("vmsave %0" : : "a"(vmcb_pa) : "memory");
}

/// The reverse of vmsave(); the host itself uses none of these registers.
inline void vmload(u64 vmcb_pa) {
    // SAFETY: loads registers that the host does not use.
    asm volatile("vmload %0" : : "a"(vmcb_pa) : "memory");
}

inline void write_cr3(u64 root) {
    // SAFETY: the caller's tables map all that runs.
    asm volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

inline u64 read_cr0() {
    u64 value = 0;
    // SAFETY: reads only.
    asm volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

inline u64 read_cr3() {
    u64 value = 0;
    // SAFETY: reads only.
    asm volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

inline u64 read_cr4() {
    u64 value = 0;
    // SAFETY: reads only.
    asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

inline void write_cr4(u64 value) {
    // SAFETY: the caller changes no bit on which its own code depends.
    asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

/// The CPU has XSAVE, and CR4.OSXSAVE is set.
inline u64 read_xcr0() {
    u32 low = 0;
    u32 high = 0;
    // SAFETY: reads only.
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return u64{high} << 32 | low;
}

/// As above, and xcr0::is_valid() took the value.
inline void write_xcr0(u64 value) {
    // SAFETY: the host uses no state that XCR0 is about.
    asm volatile("xsetbv"
                 :
                 : "c"(0), "a"(static_cast<u32>(value)), "d"(static_cast<u32>(value >> 32)));
}

inline u64 read_cr2() {
    u64 value = 0;
    // SAFETY: reads only.
    asm volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

/// Copies `count` words of 8 bytes; page 0 may be one side, which is no pointer in C++.
inline void copy_words(u64 to, u64 from, u64 count) {
    // SAFETY: the caller owns the memory, which is identity-mapped.
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

inline u64 stack_pointer() {
    u64 value = 0;
    // SAFETY: reads only.
    asm volatile("mov %%rsp, %0" : "=r"(value));
    return value;
}

inline u64 read_cr8() {
    u64 value = 0;
    // SAFETY: reads only.
    asm volatile("mov %%cr8, %0" : "=r"(value));
    return value;
}

/// floor(high * 2^64 / divisor). @param divisor  greater than `high`
inline u64 divide_shifted(u64 high, u64 divisor) {
    u64 quotient = 0;
    u64 remainder = 0;
    // SAFETY: the caller keeps divisor > high, so that the quotient fits and DIV does not fault.
    asm("divq %4" : "=a"(quotient), "=d"(remainder) : "a"(u64{0}), "d"(high), "r"(divisor) : "cc");
    return quotient;
}

inline void write_cr8(u64 value) {
    // SAFETY: changes only the task priority of VTL0's APIC; the host masks interrupts by GIF.
    asm volatile("mov %0, %%cr8" : : "r"(value));
}

// MSRs. @source AMD APM vol. 2, appendix A
inline constexpr u32 msr_tsc = 0x10;
inline constexpr u32 msr_apic_base = 0x1b;
inline constexpr u32 msr_x2apic_first = 0x800;
inline constexpr u32 msr_x2apic_last = 0x8ff;
inline constexpr u32 msr_x2apic_icr = 0x830;
inline constexpr u32 msr_x2apic_cmci = 0x82f;
inline constexpr u32 msr_x2apic_lvt_first = 0x832;
inline constexpr u32 msr_x2apic_lvt_last = 0x837;

constexpr bool is_x2apic_lvt(u32 msr) {
    return msr == msr_x2apic_cmci || (msr >= msr_x2apic_lvt_first && msr <= msr_x2apic_lvt_last);
}

inline constexpr u32 msr_sysenter_cs = 0x174;
inline constexpr u32 msr_sysenter_esp = 0x175;
inline constexpr u32 msr_sysenter_eip = 0x176;
inline constexpr u32 msr_pat = 0x277;
inline constexpr u32 msr_efer = 0xc0000080;
inline constexpr u32 msr_star = 0xc0000081;
inline constexpr u32 msr_lstar = 0xc0000082;
inline constexpr u32 msr_cstar = 0xc0000083;
inline constexpr u32 msr_sfmask = 0xc0000084;
inline constexpr u32 msr_tsc_aux = 0xc0000103;
inline constexpr u32 msr_vm_cr = 0xc0010114;
inline constexpr u32 msr_ignne = 0xc0010115;
inline constexpr u32 msr_smm_ctl = 0xc0010116;
inline constexpr u32 msr_vm_hsave_pa = 0xc0010117;

}  // namespace hypervisor
