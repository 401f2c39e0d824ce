// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/apic/vector_set.h"

namespace hypervisor {

/// VTL1's own local APIC on one VP: edge-triggered interrupts with priorities. Others request
/// vectors and nothing else; all the rest is done on the VP's own CPU. The task priority is not
/// here but in the VMCB (V_TPR), where MOV CR8 finds it; only its class, bits 7:4, is kept.
/// @source Intel SDM vol. 3A, chapter 11; tlfs.rst 4.3, A25
struct VirtualApic {
    static constexpr u8 first_vector = 16;
    static constexpr u32 spurious_defined = 0x1ff;
    static constexpr u32 spurious_software_enabled = 1U << 8;
    static constexpr u32 lvt_masked = 1U << 16;
    static constexpr usize lvt_error = 5;
    static constexpr usize lvt_count = 6;  // timer, thermal, performance, LINT0, LINT1, error

    // ESR. @source Intel SDM vol. 3A, figure 11-9
    static constexpr u32 error_send_illegal_vector = 1U << 5;
    static constexpr u32 error_receive_illegal_vector = 1U << 6;

    u64 base;                   // APIC_BASE
    u64 command;                // ICR, as last written
    std::atomic<u32> spurious;  // SVR
    VectorSet requested;        // IRR
    VectorSet in_service;       // ISR
    VectorSet without_eoi;      // requested, and never in service (auto-EOI)
    u32 errors;                 // since the last write of ESR
    u32 error_status;           // ESR
    std::array<u32, lvt_count> lvt;

    /// Software-enabled, unlike an APIC of the machine (tlfs.rst E23).
    void reset(bool is_bsp) {
        base = local_apic::page | local_apic::base_enabled | (is_bsp ? local_apic::base_is_bsp : 0);
        command = 0;
        spurious.store(spurious_defined);
        requested.clear();
        in_service.clear();
        without_eoi.clear();
        errors = error_status = 0;
        lvt.fill(lvt_masked);
    }

    bool is_x2apic() const { return (base & local_apic::base_x2apic) != 0; }

    bool is_enabled() const { return (spurious.load() & spurious_software_enabled) != 0; }

    /// Asks for an interrupt, from any CPU. One that is software-disabled takes none.
    /// @param vector  first_vector or more
    /// @return true if its CPU must be made to look: it has not been asked for this one yet
    bool request(u8 vector) { return is_enabled() && requested.insert(vector); }

    /// The same from its own CPU, for SINTs and timers.
    void request_here(u8 vector, bool auto_eoi) {
        if (vector < first_vector) {
            note_error(error_receive_illegal_vector);
        } else if (request(vector) && auto_eoi) {
            without_eoi.insert(vector);
        }
    }

    void note_error(u32 error) {
        errors |= error;
        const u32 entry = lvt[lvt_error];
        const auto vector = static_cast<u8>(entry & 0xff);
        if ((entry & lvt_masked) == 0 && vector >= first_vector) {
            static_cast<void>(request(vector));
        }
    }

    /// PPR. @param task_priority  TPR. @source Intel SDM vol. 3A, 11.8.3.1
    u8 processor_priority(u8 task_priority) const {
        const u8 serving = in_service.highest();
        return task_priority >> 4 >= serving >> 4 ? task_priority : static_cast<u8>(serving & 0xf0);
    }

    /// The vector to be taken next, whatever the task priority. 0: none.
    u8 next() const {
        const u8 vector = is_enabled() ? requested.highest() : u8{0};
        return vector >> 4 > in_service.highest() >> 4 ? vector : u8{0};
    }

    /// Whether the task priority, too, lets next() through.
    bool has_deliverable(u8 task_priority) const { return next() >> 4 > task_priority >> 4; }

    /// The CPU takes a vector that has been erased from `requested`.
    void accept(u8 vector) {
        if (!without_eoi.erase(vector)) {
            in_service.insert(vector);
        }
    }

    void end_interrupt() { in_service.erase(in_service.highest()); }

    /// @param value  within spurious_defined
    void write_spurious(u32 value) {
        spurious.store(value);
        if (!is_enabled()) {
            for (u32& entry : lvt) {
                entry |= lvt_masked;
            }
        }
    }
};

}  // namespace hypervisor
