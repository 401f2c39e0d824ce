// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/boot/memory_map.h"

/// PCI configuration space behind ports 0xcf8 and 0xcfc: QEMU's host bridge, its LPC bridge, and
/// one function with a 4 KiB BAR, an MSI capability, and an MSI-X table in its BAR. Each write is
/// judged: where that function is decoded, whether VTL0 may write to its table meanwhile, and where
/// its messages go.
namespace fake_pci {

using base::u16;
using base::u32;
using base::u64;

inline constexpr u16 device = 2 << 3;

/// The MSI-X table where the firmware leaves it, and the 2 MiB around it.
inline constexpr hypervisor::MemoryExtent first_table{0xc000'0100, 0xc000'0140};
inline constexpr u64 bar_chunk = 0xc000'0000;

/// As the firmware leaves it.
void reset();

/// @param width  bytes: 1, 2 or 4
u32 read(u16 port, unsigned width);
void write(u16 port, unsigned width, u32 value);

/// What the hypervisor stores into the BAR for VTL0.
void store(u64 gpa, unsigned width, u64 value);

}  // namespace fake_pci
