// SPDX-License-Identifier: MIT
#pragma once

namespace hypervisor {

/// Makes an INIT at the boot CPU end in the hypervisor. INIT cannot be kept from the CPU (QEMU
/// resets it whatever is intercepted), and sends it through the reset vector to the firmware; that
/// goes on through 0040:0067 if the CMOS says so. Both are out of VTL0's reach
/// (platform/cmos.h, platform/mediated_page.h) and lead into the trampoline page, where the
/// machine is wiped and reset. The other CPUs wait for a start-up IPI after INIT; only the
/// hypervisor sends those, and never to a CPU it had.
/// @context boot only, after the trampoline was installed
void arm_init_guard();

}  // namespace hypervisor
