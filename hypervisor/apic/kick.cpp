// SPDX-License-Identifier: MIT
#include "hypervisor/apic/kick.h"

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/iommu/iommu.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

constexpr u64 answer_timeout_seconds = 60;

constexpr Running running(Vtl vtl) {
    return vtl == Vtl::Vtl0 ? Running::Vtl0 : Running::Vtl1;
}

/// @param entries  what it had counted when it was last seen in its guest
void wait_for_exit(const Vp& vp, u64 entries) {
    const Deadline deadline;
    while (vp.in_guest.load() != Running::Host && vp.entries.load() == entries) {
        deadline.check();
        base::cpu_relax();
    }
}

bool is_in(const Vp& vp, u64 which) {
    return (which >> vp.index & 1) != 0;
}

}  // namespace

Deadline::Deadline() : begin_(read_tsc()) {}

void Deadline::check() const {
    if (read_tsc() - begin_ > answer_timeout_seconds * clock::tsc_frequency()) {
        reset_machine("a CPU does not answer");
    }
}

void kick(Vp& vp) {
    // One NMI at a time: a second could arrive after the first was taken, and would then look like
    // one of VTL0's. Pairs with the exchange in consume_nmi().
    if (!vp.kick_pending.exchange(true)) {
        local_apic::send_nmi(vp.apic_id);
    }
}

void flush_tlbs(const Vp& self, Vtl vtl, u64 which) {
    std::array<u64, max_vps> entries{};
    u64 kicked = 0;
    // Sequentially consistent on both sides (here and in note_entry): either the other VP sees the
    // request when it enters, or we see that it is in its guest.
    for (Vp& vp : vps()) {
        if (!is_in(vp, which)) {
            continue;
        }
        vp.flush_requested.store(true);
        entries[vp.index] = vp.entries.load();
        if (&vp != &self && vp.in_guest.load() == running(vtl)) {
            kick(vp);
            kicked |= u64{1} << vp.index;
        }
    }
    for (const Vp& vp : vps()) {
        if (is_in(vp, kicked)) {
            wait_for_exit(vp, entries[vp.index]);
        }
    }
}

void flush_nested_everywhere(LockedPartition::Guard& locked, const Vp& self, Vtl vtl) {
    flush_tlbs(self, vtl, every_vp);
    if (vtl == Vtl::Vtl0) {
        iommu::flush(locked);
    }
}

void note_entry(Vp& vp) {
    vp.entries.fetch_add(1);
    vp.in_guest.store(running(vp.active));
    if (vp.flush_requested.exchange(false)) {
        vp.vmcb().tlb_control = tlb_flush_all;
    }
}

void note_exit(Vp& vp) {
    vp.in_guest.store(Running::Host);
}

bool consume_nmi(Vp& vp) {
    set_global_interrupt_flag();
    clear_global_interrupt_flag();
    return vp.kick_pending.exchange(false);
}

}  // namespace hypervisor
