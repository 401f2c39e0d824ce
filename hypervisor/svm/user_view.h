// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"

/// Mode-based execution control without help of the CPU. VTL0 has two nested tables (page_view.h):
/// the kernel's, and the user's, on which only frames that the kernel may not execute are
/// executable.
///
/// Invariant: CPL 0 never runs on the user's table, whatever VTL0's page tables, GDT, LDT, IDT and
/// TSS hold. It is entered at CPL 3 only, with nothing to be injected, and everything that could
/// raise the privilege exits first: interrupts, NMIs, exceptions and software interrupts are
/// intercepted; SYSCALL and SYSENTER are off; a call gate to CPL 0 faults, since the TSS has no
/// room for a stack pointer. Every exit, of whatever kind, goes back to the kernel's table before
/// anything else is done (Documentation/hypervisor.rst, "Two views of VTL0").
namespace hypervisor {

/// Asks for the user's table at the next entry, if VTL0 may have it: the VP has MBEC enabled and
/// runs CPL 3 in long mode under SMEP. @return false if not; nothing has changed.
bool request_user_view(Vp& vp);

/// Called right before VMRUN of VTL0, when all that shall be injected is in its VMCB.
void enter_user_view(Vp& vp);

/// Called right after #VMEXIT. The VMCB then is as VTL0 knows it.
void leave_user_view(Vp& vp);

/// Answers an exit that is intercepted on the user's table only: lets VTL0 have the event, or
/// carries out SYSCALL. @return false if it is of another kind.
bool handle_user_view_exit(Vp& vp);

}  // namespace hypervisor
