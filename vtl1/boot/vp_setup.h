// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"

// What each VP tells the hypervisor about its VTL1. Every register is written, whatever its reset
// value, and page registers are read back (tlfs.rst 8.1, rule 3).
//
// VTL1's local APIC is software-enabled through its x2APIC registers. Where the CPU has none it
// would need an MMIO mapping, which VTL1 does not have: then it is used as hypervisors start it for
// VTL1, which is enabled (tlfs.rst E23). With it disabled no intercept would arrive, and VTL0 would
// fault for ever where it now gets a general protection fault; VTL1 is not weakened.
namespace vtl1 {

/// Names VTL1's operating system, without which there is no hypercall. Where all VPs share this and
/// the next register, only the first writes them: the others may be running on the page.
void set_guest_os_id();

/// Enables the hypercall page.
/// @param page  of VTL1's own, under vtl1_hypercall_page
/// @return Error::HypervisorFailed
Result<void> enable_hypercall_page(Gpa page);

/// Refuses a VP of which VTL0 has an overlay page over a frame of VTL1's own: VTL0 could have put
/// it there before the frames were closed. Looks at the running VP only.
/// @return Error::BadAddress
Result<void> check_vtl0_overlays(const hv::HypercallPort& port);

/// Enables assist page, message page and intercept interrupt, and counts the VP as one on which
/// VTL1 runs.
/// @return Error::HypervisorFailed
Result<void> bring_online(Cpu& cpu);

}  // namespace vtl1
