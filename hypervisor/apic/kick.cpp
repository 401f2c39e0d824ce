// SPDX-License-Identifier: MIT
#include "hypervisor/apic/kick.h"

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

void kick(Vp& vp) {
    // One NMI at a time: a second could arrive after the first was taken, and would then look like
    // one of VTL0's. Pairs with the exchange in consume_nmi().
    if (!vp.kick_pending.exchange(true)) {
        local_apic::send_nmi(vp.apic_id);
    }
}

void flush_nested_everywhere(LockedPartition::Guard& /*locked*/, const Vp& self) {
    // Sequentially consistent on both sides (here and in note_entry): either the other VP sees the
    // new number when it enters, or we see that it is in its guest.
    nested_generation.fetch_add(1);
    for (Vp& vp : vps()) {
        if (&vp == &self) {
            continue;
        }
        const u64 entries = vp.entries.load();
        if (!vp.in_guest.load()) {
            continue;
        }
        kick(vp);
        while (vp.in_guest.load() && vp.entries.load() == entries) {
            base::cpu_relax();
        }
    }
}

void note_entry(Vp& vp) {
    vp.entries.fetch_add(1);
    vp.in_guest.store(true);
    const u64 generation = nested_generation.load();
    vp.vmcb().tlb_control = generation == vp.seen_generation ? u8{0} : tlb_flush_all;
    vp.seen_generation = generation;
}

void note_exit(Vp& vp) {
    vp.in_guest.store(false);
}

bool consume_nmi(Vp& vp) {
    set_global_interrupt_flag();
    clear_global_interrupt_flag();
    return vp.kick_pending.exchange(false);
}

}  // namespace hypervisor
