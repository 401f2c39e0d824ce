// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/boot/multiboot.h"
#include "hypervisor/tlfs/partition.h"

/// The machine's one DMA remapping unit (Intel VT-d). It belongs to the hypervisor: VTL0 finds no
/// table that names it and no register of it. Every device reads and writes what VTL0 may read and
/// write, since the unit walks VTL0's nested table itself: entries of both kinds agree in bit 0
/// (present, read), bit 1 (write), bit 7 (large) and the address, and the unit ignores the rest.
/// @source Intel VT-d 4.1, table 9.12 "Second-Stage Page Table Entries"; AMD APM vol. 2, 5.4.1
namespace hypervisor::iommu {

/// Looks for a unit that can be used, and then takes it out of the tables that VTL0 will read.
/// Says on the console what came of it.
/// @param window  the first 4 GiB, identity-mapped and writable
/// @return its register page; 0 if there is none
/// @context boot only
u64 take(const PhysicalWindow& window);

/// Switches translation on.
/// @param registers  what take() returned, mapped for the host
/// @context boot only, after VTL0's nested table was built
void start(LockedPartition::Guard& locked, u64 registers);

/// Whether DMA is remapped. Does not change after boot.
bool is_active();

/// Returns when no device can use a translation older than VTL0's nested table as it is now.
void flush(LockedPartition::Guard& locked);

/// Writes faults that devices caused since the last time to the console, now and then. Nothing
/// interrupts for them.
void report_faults();

}  // namespace hypervisor::iommu
