// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "vtl1/arch/registers.h"
#include "vtl1/types.h"

// One instruction to a function.
namespace vtl1 {

/// The number comes with the type and cannot be mistaken.
template <class Reg>
Reg read_msr() {
    u32 low = 0;
    u32 high = 0;
    // SAFETY: RDMSR touches no memory; every Reg::msr exists where it is read.
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(Reg::msr));
    return Reg::from_raw(u64{high} << 32 | low);
}

template <class Reg>
void write_msr(Reg value) {
    const u32 low = static_cast<u32>(value.raw());
    const u32 high = static_cast<u32>(value.raw() >> 32);
    // SAFETY: what it changes is the caller's purpose; memory may be an overlay page afterwards.
    asm volatile("wrmsr" : : "c"(Reg::msr), "a"(low), "d"(high) : "memory");
}

inline Cr4 read_cr4() {
    u64 raw = 0;
    // SAFETY: a read.
    asm volatile("mov %%cr4, %0" : "=r"(raw));
    return Cr4::from_raw(raw);
}

inline void write_cr4(Cr4 value) {
    // SAFETY: boot sets only features that CPUID shows.
    asm volatile("mov %0, %%cr4" : : "r"(value.raw()) : "memory");
}

inline Gpa read_cr3() {
    u64 raw = 0;
    // SAFETY: a read.
    asm volatile("mov %%cr3, %0" : "=r"(raw));
    return Gpa{raw}.page();
}

/// Also drops every translation: VTL1 uses no global pages.
inline void write_cr3(Gpa root) {
    // SAFETY: the tables at `root` map all that runs and is in use.
    asm volatile("mov %0, %%cr3" : : "r"(root.raw()) : "memory");
}

inline u64 read_cr2() {
    u64 raw = 0;
    // SAFETY: a read.
    asm volatile("mov %%cr2, %0" : "=r"(raw));
    return raw;
}

inline void invalidate_page(Hva page) {
    // SAFETY: drops a translation, which the next access makes again.
    asm volatile("invlpg (%0)" : : "r"(page.raw()) : "memory");
}

/// Earlier stores are seen by the hypervisor before later ones.
inline void memory_barrier() {
    // SAFETY: orders memory accesses only.
    asm volatile("mfence" : : : "memory");
}

/// The single point at which VTL1 takes interrupts: the handler is a bare IRET, and NOP ends the
/// one-instruction shadow of STI.
/// @source Intel SDM vol. 2, STI; tlfs.rst 8.1, rule 10
inline void open_interrupt_window() {
    // SAFETY: the handler changes no register and no memory but below the stack pointer, where no
    // red zone lies.
    asm volatile("sti; nop; cli" : : : "memory");
}

/// @return nothing if the hardware has no random number ready
inline std::optional<u64> rdseed() {
    u64 value = 0;
    bool is_valid = false;
    // SAFETY: called only where CPUID shows it.
    asm volatile("rdseed %0" : "=r"(value), "=@ccc"(is_valid));
    return is_valid ? std::optional{value} : std::nullopt;
}

/// @return nothing if the hardware has no random number ready
inline std::optional<u64> rdrand() {
    u64 value = 0;
    bool is_valid = false;
    // SAFETY: called only where CPUID shows it.
    asm volatile("rdrand %0" : "=r"(value), "=@ccc"(is_valid));
    return is_valid ? std::optional{value} : std::nullopt;
}

}  // namespace vtl1
