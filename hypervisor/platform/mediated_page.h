// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/npt/page_table.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

/// Takes from a nested table of VTL0 what reaches below it: the real page 0, through which the
/// firmware goes on after INIT (VTL0 has a copy); the firmware's memory, read-only for the same
/// reason; ECAM and the I/O APIC, whose writes exit. None of it is executable.
/// The frames of system management mode, 0x38000 and 0x3f000, are gone.
/// @context boot only
base::Result<void> restrict_platform(FramePool& pool, PageTable& vtl0);

/// Where a CPU goes at SMI as QEMU starts it (SMBASE 0x30000), and where it saves its state. Both
/// lie in RAM. @source AMD APM vol. 2, 10.2 and 10.3
inline constexpr u64 smm_entry = 0x3'8000;
inline constexpr u64 smm_state_page = 0x3'f000;

/// Lets an SMI that gets through return at once. @context boot only
void install_smm_entry();

/// Whether VTL0's stores to this address are carried out by handle_mediated_store().
bool is_mediated(u64 gpa);

/// Finishes a store of VTL0, or drops it with a line, or raises #GP if it is no plain store.
void handle_mediated_store(Vp& vp, u64 gpa);

}  // namespace hypervisor
