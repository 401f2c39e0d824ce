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

void wait_for_exit(const Vp& vp, u64 entries) {
    const u64 begin = read_tsc();
    while (vp.in_guest.load() != Running::Host && vp.entries.load() == entries) {
        if (read_tsc() - begin > answer_timeout_seconds * clock::tsc_frequency()) {
            reset_machine("a CPU does not answer");
        }
        base::cpu_relax();
    }
}

}  // namespace

void kick(Vp& vp) {
    // One NMI at a time: a second could arrive after the first was taken, and would then look like
    // one of VTL0's. Pairs with the exchange in consume_nmi().
    if (!vp.kick_pending.exchange(true)) {
        local_apic::send_nmi(vp.apic_id);
    }
}

void flush_nested_everywhere(LockedPartition::Guard& locked, const Vp& self, Vtl vtl) {
    // Sequentially consistent on both sides (here and in note_entry): either the other VP sees the
    // new number when it enters, or we see that it is in its guest.
    nested_generation.fetch_add(1);
    for (Vp& vp : vps()) {
        if (&vp == &self) {
            continue;
        }
        const u64 entries = vp.entries.load();
        if (vp.in_guest.load() == running(vtl)) {
            kick(vp);
            wait_for_exit(vp, entries);
        }
    }
    if (vtl == Vtl::Vtl0) {
        iommu::flush(locked);
    }
}

void note_entry(Vp& vp) {
    vp.entries.fetch_add(1);
    vp.in_guest.store(running(vp.active));
    const u64 generation = nested_generation.load();
    if (vp.has_stale_tlb || generation != vp.seen_generation) {
        vp.vmcb().tlb_control = tlb_flush_all;
    }
    vp.has_stale_tlb = false;
    vp.seen_generation = generation;
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
