// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vp.h"

/// XCR0 and the features of the CPU that need it. Both VTLs share the register; it stays in the
/// CPU. Where a write of it cannot be intercepted, neither VTL is shown that there is one.
namespace hypervisor::xcr0 {

/// Finds out by a few instructions of a guest of its own whether XSETBV exits.
/// @param vp  of this CPU, which runs nothing yet @context boot only, with SVM enabled
void probe(Vp& vp);

/// The CPU has XSAVE, and it is shown.
bool is_shown();

/// The CPU has XSAVE, and it is not shown.
bool is_hidden();

/// Takes out of CPUID's answer what needs XSAVE, if that is hidden.
void hide(u32 leaf, u32 subleaf, CpuidResult& result);

/// Whether XSETBV takes the value on this CPU. @source AMD APM vol. 3, "XSETBV"; vol. 2, 11.5.2
bool is_valid(u64 value);

/// The same on one that has these features. @param supported  CPUID leaf 0xd, EDX:EAX
bool is_valid(u64 value, u64 supported);

}  // namespace hypervisor::xcr0
