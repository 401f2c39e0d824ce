// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hypervisor/boot/memory_map.h"
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

/// Bytes of the page-table pool that the worst case needs: every 2 MiB leaf of RAM split in the
/// nested table of each VTL. A multiple of 2 MiB.
u64 pool_bytes(const MemoryMap& memory);

/// Builds the host's own tables and one nested table to each VTL, and makes the host use its own.
///
/// Host: RAM, the APIC, the HPET and itself; its text is read-only, all else is not executable.
/// VTL0: all of the physical address space but the hypervisor's and the HPET; only RAM is
/// executable. VTL1: RAM only.
/// @param hidden     what no guest may see; 2 MiB borders
/// @param registers  a page of device registers for the host alone; 0 for none
/// @context boot only
void build_memory_views(Partition& state, std::span<const MemoryExtent> hidden, u64 registers);

}  // namespace hypervisor
