// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/apic/destination.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// What VTL1 wrote to its interrupt command register.
struct Vtl1Ipi {
    u32 destination;  // not shifted
    IcrLow icr;
    bool x2apic;  // how the destination is meant
};

/// Interrupts from VTL1 stay in VTL1: fixed ones, those of lowest priority (to the first VP that is
/// addressed) and NMIs reach VTL1's APICs of VPs that have VTL1, and preempt VTL0 there. INIT,
/// start-up, SMI and ExtINT are dropped. As VTL1 has no page of an xAPIC it has no logical id in
/// that mode. @source TLFS, "Interrupts" of "Virtual Secure Mode"; tlfs.rst 4.3, B2
void send_vtl1_ipi(Vp& sender, const Vtl1Ipi& ipi);

}  // namespace hypervisor
