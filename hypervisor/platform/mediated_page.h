// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/npt/page_table.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

/// Takes from a nested table of VTL0 what reaches below it: the real page 0, through which the
/// firmware goes on after INIT (VTL0 has a copy); the firmware's memory, read-only for the same
/// reason; the HPET, which can write anywhere (its registers read as zeros: no timer); ECAM and the
/// I/O APIC, whose writes exit. None of it is executable.
/// @context boot only
base::Result<void> restrict_platform(FramePool& pool, PageTable& vtl0);

/// Whether VTL0's stores to this address are carried out by handle_mediated_store().
bool is_mediated(u64 gpa);

/// Finishes a store of VTL0, or drops it with a line, or raises #GP if it is no plain store.
void handle_mediated_store(Vp& vp, u64 gpa);

}  // namespace hypervisor
