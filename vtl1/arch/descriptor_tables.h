// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "hvcall/abi/tlfs_hypercall.h"
#include "vtl1/types.h"

namespace vtl1 {

/// Selectors in the table below.
/// @source Intel SDM vol. 3A, 3.4.2, "Segment Selectors"
inline constexpr u16 code_selector = 0x08;
inline constexpr u16 data_selector = 0x10;
inline constexpr u16 task_selector = 0x18;

/// Interrupts through these never share a stack with what they interrupt.
enum class InterruptStack : u8 { DoubleFault = 1, Nmi = 2, MachineCheck = 3 };

/// @source Intel SDM vol. 3A, 8.7, "Task Management in 64-bit Mode"
struct [[gnu::packed]] TaskState {
    u32 reserved0;
    std::array<u64, 3> privilege_stacks;
    u64 reserved1;
    std::array<u64, 7> interrupt_stacks;  // index 0 is IST 1
    u64 reserved2;
    u16 reserved3;
    u16 io_map_offset;
};

static_assert(sizeof(TaskState) == 104);

/// What a CPU's GDTR and TR refer to; one for each CPU.
struct DescriptorTables {
    std::array<u64, 5> gdt{};  // null, code, data, task state (two entries)
    TaskState task{};

    /// Fills the table. It lies at `own` when it is used, and may lie elsewhere now.
    void prepare(Hva own);

    void set_interrupt_stack(InterruptStack which, Hva top);
};

/// Fills the one interrupt table of all CPUs.
/// @context  boot only, once
void prepare_interrupt_table();

/// Makes this CPU use the tables at `own` and the interrupt table, and reloads the segments.
void load_descriptor_tables(DescriptorTables& own);

/// The same as values of an initial VP context, for a CPU that has not run yet.
void describe_tables(Hva own, tlfs_initial_vp_context& context);

}  // namespace vtl1
