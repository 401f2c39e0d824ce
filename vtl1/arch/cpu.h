// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

#include "hvcall/abi/tlfs_vsm.h"
#include "hvcall/hypercall.h"
#include "policies/pinned_registers.h"
#include "vtl1/arch/descriptor_tables.h"
#include "vtl1/mm/page_table_entry.h"
#include "vtl1/vtl/entry_frame.h"

namespace vtl1 {

/// The CPU's message slots. The hypervisor writes them: copied once, then looked at.
/// @source TLFS, "SynIC Message Slots"
using MessagePage = std::array<tlfs_message, page_size / TLFS_MESSAGE_SLOT_BYTES>;
static_assert(sizeof(MessagePage) == page_size);

/// A run of stack, for backtraces: nothing outside is dereferenced.
struct StackRange {
    Hva bottom;
    Hva top;

    constexpr bool contains(u64 address) const {
        return address >= bottom.raw() && address < top.raw();
    }
};

/// How deep a CPU is in trouble. Each exception while failing takes a path that needs less.
enum class Trouble : u8 { None, Failing, FailingAgain };

/// What belongs to one CPU. Reached through GS; VTL1's code never moves between CPUs and interrupts
/// are off, so a reference stays right. The first fields are known to assembler code.
struct Cpu {
    Cpu* self = nullptr;
    Hva entry_stack_top;    // where an entry from VTL0 starts; EntryFrame lies just below
    Hva failure_stack_top;  // the same, once VTL1 is out of service
    tlfs_vp_assist* assist = nullptr;  // null until the hypervisor knows the page

    u32 vp_index = 0;
    Trouble trouble = Trouble::None;
    std::atomic<bool> is_online{false};
    const char* panic_reason = nullptr;

    hv::HypercallPort port;
    hv::HypercallPort failure_port;  // no one else's, so that it needs no care
    MessagePage* messages = nullptr;
    PageBytes* crash_text = nullptr;
    Gpa crash_text_gpa;
    PageBytes* scratch = nullptr;            // copies of what VTL0 sends and gets
    Hva window;                              // a page of address space for VTL0 memory
    PageTableEntry* window_entry = nullptr;  // its page table entry
    Hva assist_page;
    Gpa assist_gpa;
    Hva message_page;
    Gpa message_gpa;

    std::array<StackRange, 5> stacks{};
    u32 held_ranks = 0;  // bit n: a lock of rank n
    std::atomic<u64> calls{0};
    std::atomic<u64> nmis{0};
    std::atomic<bool> is_pinned{false};        // `pins` are armed, and all of them are reached
    policies::PinnedRegisters pins;            // of VTL0 on this VP
    std::atomic<bool> waits_for_start{false};  // VTL0 has not run here since VTL1 suspended it

    u64 seen_changes = 0;  // of the frame ledger, when a denied access was last tried again

    DescriptorTables tables;

    /// VTL0's registers of the entry that is being answered.
    EntryFrame& entry_frame() const;

    /// The same, once VTL1 is out of service.
    EntryFrame& failure_frame() const;

    /// Makes this the structure of the running CPU, its descriptor tables included.
    void load();
};

static_assert(sizeof(Cpu) <= page_size, "it has one page");

/// The running CPU's.
inline Cpu& this_cpu() {
    Cpu* self = nullptr;
    // SAFETY: GS points to a Cpu, which begins with its own address, before any C++ code but the
    // first lines of boot runs.
    asm volatile("mov %%gs:0, %0" : "=r"(self));
    return *self;
}

}  // namespace vtl1
