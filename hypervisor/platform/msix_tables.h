// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/platform/msix_rules.h"
#include "hypervisor/tlfs/partition.h"

/// The MSI-X tables of all functions that decode memory. Their pages are read-only for VTL0, in
/// both of its nested tables, and so for its devices; its stores are carried out here. All of it is
/// the partition lock's.
namespace hypervisor::pci {

inline constexpr usize max_msix_tables = 64;

/// Guards the table of a function in place of the one that it had. The caller flushes before the
/// function decodes there.
/// @param table  where VTL0 has the full rights of a device, or none
/// @return Error::NoMemory: there are too many, or no frames for page tables; then it has none
base::Result<void> guard_table(LockedPartition::Guard& locked,
                               Function function,
                               const MemoryExtent& table);

/// Gives the pages back to VTL0. The function decodes no more.
void release_table(LockedPartition::Guard& locked, Function function);

/// Whether a function of these buses has a table that is guarded; bus 0 does not count.
bool is_table_behind(LockedPartition::Guard& locked, u32 first_bus, u32 last_bus);

/// Whether the page at `gpa` holds a part of a table.
bool is_table_page(LockedPartition::Guard& locked, u64 gpa);

/// A store of VTL0 into such a page. @param width  1, 2, 4 or 8 bytes
/// @return false if it was dropped
bool write_table_for_guest(LockedPartition::Guard& locked, u64 gpa, unsigned width, u64 value);

}  // namespace hypervisor::pci
