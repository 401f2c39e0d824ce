// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"

/// The ways from CPL 3 into VTL0's kernel, carried out for a VP that has just left its user view.
namespace hypervisor {

/// Lets VTL0 have an exception that was intercepted. #UD of a SYSCALL that VTL0 allows becomes the
/// system call; INT3 and INTO, which a CPU intercepts as exceptions, software interrupts.
/// @source AMD APM vol. 2, 15.12
void deliver_exception(Vp& vp, u8 vector);

/// INT n, INT3, INTO and INT1 at RIP. A gate that refuses CPL 3 raises what a CPU raises.
/// @source AMD APM vol. 2, 15.13.2 and 8.9.4; vol. 3, "INT", "INT3", "INTO", "INT1"
void deliver_software_interrupt(Vp& vp);

}  // namespace hypervisor
