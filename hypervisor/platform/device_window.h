// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/tlfs/partition.h"

/// One page of the host's address space through which it reaches registers of devices that lie
/// where VTL0 has put them. The partition lock's.
namespace hypervisor::device_window {

/// @context boot only, when the host's tables are built
base::Result<void> reserve(FramePool& pool, PageTable& host);

/// @param gpa    no RAM; a multiple of `width`
/// @param width  bytes: 1, 2, 4 or 8
void store(LockedPartition::Guard& locked, u64 gpa, unsigned width, u64 value);

}  // namespace hypervisor::device_window
