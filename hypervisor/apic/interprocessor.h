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
/// start-up at a VP with VTL1 are dropped (TLFS, "Virtual Processor Startup").
///
/// @param destination  not shifted: 8 bits of an xAPIC's, or 32 bits of an x2APIC's
/// @source Intel SDM vol. 3A, 11.6.1
void send_guest_ipi(Vp& sender, u32 destination, u32 icr_low);

/// Lets VTL1 start another VP: its VMCBs are ready. @source TLFS, HvCallStartVirtualProcessor
void start_prepared_vp(Vp& target);

/// Waits, on the VP's own CPU, until it may run: after a SIPI or start_prepared_vp(). Sets up
/// VTL0's registers for a SIPI.
void wait_for_start(Vp& vp);

/// Makes VTL0's registers what they are after INIT and a start-up IPI with this vector.
/// @source AMD APM vol. 2, 14.1.3 and 15.27.8
void reset_to_startup(Vp& vp, u8 vector);

}  // namespace hypervisor
