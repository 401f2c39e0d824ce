// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Carries out a write of VTL0 to the interrupt command register.
///
/// Fixed and lowest-priority interrupts go to the hardware as they are. NMI, INIT and start-up are
/// done in software, because a real INIT would throw the target out of the hypervisor, and a real
/// NMI could merge with a kick. What has no meaning in a guest (SMI, ExtINT) is dropped. INIT and
/// start-up at a VP with VTL1 are dropped unless VTL1 asked to be told (follow_startup()), and at
/// any VP if VTL1 denies them.
///
/// @param destination  not shifted: 8 bits of an xAPIC's, or 32 bits of an x2APIC's
/// @source Intel SDM vol. 3A, 11.6.1
void send_guest_ipi(Vp& sender, u32 destination, u32 icr_low);

/// Carries out, on the VP's own CPU and while VTL0 is its active VTL, an INIT and a start-up IPI
/// that came for it. VTL0 then is in its start state. It runs if there is no VTL1; else VTL1 gets a
/// message, and VTL0 stays suspended until VTL1 ends that (InternalActivityState).
/// @source TLFS, "Virtual Processor Startup"; tlfs.rst 4.2
void follow_startup(Vp& vp);

/// The state of a VP that nobody has started yet.
void suspend_at_boot(Vp& vp);

/// Sleeps until an NMI comes, also if a kick came before. @return whether it was a kick
bool wait_for_kick(Vp& vp);

}  // namespace hypervisor
