// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// One function to an exit. Each either finishes the instruction on the guest's behalf and moves
/// RIP past it, or raises an exception and leaves RIP. Nothing a guest does stops the hypervisor.
void handle_cpuid(Vp& vp);
void handle_msr(Vp& vp);
void handle_io(Vp& vp);
void handle_nested_page_fault(Vp& vp);

/// A write of VTL0 to the page of its local APIC, which is read-only for it.
void handle_apic_write(Vp& vp, u64 gpa);

}  // namespace hypervisor
