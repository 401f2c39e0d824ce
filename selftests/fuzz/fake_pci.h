// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

/// PCI configuration space behind ports 0xcf8 and 0xcfc: QEMU's host bridge, its LPC bridge, and
/// one function with a 4 KiB BAR and an MSI capability. Each write is judged: where that function
/// is decoded, and where its messages go.
namespace fake_pci {

using base::u16;
using base::u32;

/// As the firmware leaves it.
void reset();

/// @param width  bytes: 1, 2 or 4
u32 read(u16 port, unsigned width);
void write(u16 port, unsigned width, u32 value);

}  // namespace fake_pci
