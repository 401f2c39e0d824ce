// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/boot/memory_map.h"

namespace hypervisor {

/// Zeroes what an earlier run may have left, if that run did not end through wipe_secrets(): a byte
/// of the CMOS, which outlives resets and which VTL0 cannot write, says so. From here on it says
/// that memory holds secrets.
/// @param memory  all RAM is mapped; remembered for wipe_secrets()
/// @param keep    what the loader left and is still needed
/// @context boot only
void wipe_leftovers(const MemoryMap& memory, const MemoryExtent& keep);

/// Zeroes all RAM that VTL0 may not read, and VTL1's registers, and notes that it is done. Takes no
/// lock. Does nothing before wipe_leftovers().
/// @context the other CPUs have stopped
void wipe_secrets();

}  // namespace hypervisor
