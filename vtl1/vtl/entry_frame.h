// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include "vtl1/arch/cpu_offsets.h"
#include "vtl1/types.h"

namespace vtl1 {

/// VTL0's registers as they were at an entry to VTL1, and as they will be at the return. Lies at
/// the top of the CPU's stack. The registers that a VTL switch does not change are here; CR2 is
/// among them, for a page fault of VTL1's own destroys it.
/// @source tlfs.rst 4.1; TLFS, "Shared State"
struct EntryFrame {
    u64 cr2;
    u64 r15, r14, r13, r12, r11, r10, r9, r8;
    u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
};

static_assert(sizeof(EntryFrame) == FRAME_BYTES);
static_assert(__builtin_offsetof(EntryFrame, cr2) == FRAME_CR2);
static_assert(__builtin_offsetof(EntryFrame, r9) == FRAME_R9);
static_assert(__builtin_offsetof(EntryFrame, r8) == FRAME_R8);
static_assert(__builtin_offsetof(EntryFrame, rcx) == FRAME_RCX);
static_assert(__builtin_offsetof(EntryFrame, rax) == FRAME_RAX);
static_assert(std::is_trivially_copyable_v<EntryFrame>);

}  // namespace vtl1
