// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// What CPUID tells a VTL of this VP: the CPU's own answer, without SVM, with what the guest's CR4
/// shows, and with the leaves of "Microsoft Hv" (tlfs.rst 1).
CpuidResult guest_cpuid(const Vp& vp, u32 leaf, u32 subleaf);

/// Whether VTL0 has asked for the invariant-TSC bit (HV_X64_MSR_TSC_INVARIANT_CONTROL).
bool tsc_invariant_shown();
void show_tsc_invariant();

}  // namespace hypervisor
