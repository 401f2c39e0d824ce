// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/types.h"

namespace vtl1 {

/// @source Intel SDM vol. 3A, table 6-1
inline constexpr usize vector_nmi = 2;
inline constexpr usize vector_invalid_opcode = 6;
inline constexpr usize vector_double_fault = 8;
inline constexpr usize vector_page_fault = 14;
inline constexpr usize vector_machine_check = 18;
inline constexpr usize exception_count = 32;

/// Ours: the interrupt that comes with a secure intercept.
inline constexpr u8 vector_intercept = 0xf3;

/// What the local APIC sends if an interrupt has gone away; returned from like any other.
inline constexpr u8 vector_spurious = 0xff;

/// What an exception handler saved, from the stack pointer upwards; must match exceptions.S.
struct ExceptionFrame {
    u64 r15, r14, r13, r12, r11, r10, r9, r8;
    u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
    u64 vector;
    u64 error_code;  // 0 where the CPU gives none
    u64 rip, cs, rflags, rsp, ss;
};

static_assert(sizeof(ExceptionFrame) == 22 * sizeof(u64));

/// Where the CPU goes for a vector: exceptions end VTL1's service, NMIs are counted, all else
/// returns at once.
Hva handler_of(usize vector);

}  // namespace vtl1
