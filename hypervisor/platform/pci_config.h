// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"
#include "hypervisor/boot/memory_map.h"
#include "hypervisor/tlfs/partition.h"

/// PCI configuration space of segment 0, which VTL0 uses through the hypervisor: ports 0xcf8 and
/// 0xcfc, and the memory-mapped window (ECAM), which is read-only for it. What forms addresses
/// below the nested tables stays as the firmware has set it.
/// @source PCI Local Bus 3.0, chapter 6; PCI Express Base 6.0, 7.2.2
namespace hypervisor::pci {

using base::u32;
using base::u64;

/// Looks at the host bridge. @context boot only, before VTL0's tables are restricted
/// @param memory  functions must stay above it
void initialise(const MemoryMap& memory);

/// Takes the MSI-X tables of the functions that the firmware left decoding (msix_tables.h).
/// @context boot only, when VTL0's nested tables are built and before a CPU or a device uses them
void guard_tables(LockedPartition::Guard& locked);

/// Whether the host bridge is the one whose registers are known. If not, nothing here is filtered.
bool is_checked_platform();

/// The bytes at which ECAM lies; empty on a platform that is not checked.
MemoryExtent ecam();

/// Port 0xcf8.
u32 address_for_guest();
void set_address_for_guest(u32 address);

/// Ports 0xcfc-0xcff. @param offset  0..3  @param width  bytes: 1, 2 or 4
u32 read_data_for_guest(unsigned offset, unsigned width);
bool write_data_for_guest(const Vp& vp, unsigned offset, unsigned width, u32 value);

/// A write of VTL0 into ECAM. @param gpa  within ecam()
/// @return false if it was dropped
bool write_ecam_for_guest(const Vp& vp, u64 gpa, unsigned width, u32 value);

}  // namespace hypervisor::pci
