// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// What of the active VTL stays in the CPU while the host runs (FS, GS, TR, LDTR, the system call
/// registers, TSC_AUX): to its context, and back. Between two exits the CPU always holds it.
void save_live_state(VtlContext& context);
void load_live_state(const VtlContext& context);

/// Carries out VMMCALL with call code 0x11 or 0x12 in RCX. Whatever is wrong raises #UD in the
/// caller and changes nothing. @source TLFS, HvCallVtlCall, HvCallVtlReturn; tlfs.rst 2.4
void vtl_call(Vp& vp);
void vtl_return(Vp& vp);

/// Enters VTL1 because of an interrupt of its own; VTL0's RIP stays. The VP has VTL1.
void enter_vtl1_by_interrupt(Vp& vp);

}  // namespace hypervisor
