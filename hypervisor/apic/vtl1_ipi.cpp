// SPDX-License-Identifier: MIT
#include "hypervisor/apic/vtl1_ipi.h"

#include "hypervisor/apic/kick.h"

namespace hypervisor {

namespace {

/// @return true if the target must be made to look
bool request(VtlContext& target, IcrLow icr) {
    switch (icr.delivery()) {
        case Delivery::Fixed:
        case Delivery::LowestPriority:
            return target.apic.request(icr.vector());
        case Delivery::Nmi:
            return !target.nmi_requested.exchange(true);
        case Delivery::Smi:
        case Delivery::Reserved:
        case Delivery::Init:
        case Delivery::Startup:
        case Delivery::ExtInt:
            break;
    }
    return false;
}

}  // namespace

void send_vtl1_ipi(Vp& sender, const Vtl1Ipi& ipi) {
    const Delivery delivery = ipi.icr.delivery();
    const bool to_one = delivery == Delivery::LowestPriority;
    if ((delivery == Delivery::Fixed || to_one) && ipi.icr.vector() < VirtualApic::first_vector) {
        sender.of(Vtl::Vtl1).apic.note_error(VirtualApic::error_send_illegal_vector);
        return;
    }
    for (Vp& vp : vps()) {
        const u32 logical = ipi.x2apic ? x2apic_logical_destination(vp.apic_id) : 0;
        const ApicTarget target{vp.apic_id, logical, &vp == &sender};
        if (!vp.has_vtl1.load() || !is_addressed(target, ipi.destination, ipi.icr, ipi.x2apic)) {
            continue;
        }
        // Requested first, kicked then: the kick makes the VP look again (run.cpp), in whichever
        // VTL it is, and stays pending if it is about to enter its guest.
        if (request(vp.of(Vtl::Vtl1), ipi.icr) && &vp != &sender) {
            kick(vp);
        }
        if (to_one) {
            return;
        }
    }
}

}  // namespace hypervisor
