// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

/// The CMOS memory. It keeps its bytes over a reset of the machine, and the firmware obeys some.
/// @source Motorola MC146818 data sheet
namespace hypervisor::cmos {

using base::u8;

/// What the firmware does after a reset of the boot CPU alone (INIT): 0x0a is a jump through
/// 0040:0067. @source IBM PC/AT Technical Reference, "Shutdown Status"
inline constexpr u8 shutdown_status = 0x0f;

/// The hypervisor's own: whether memory may hold secrets (platform/wipe.h).
inline constexpr u8 memory_state = 0x7e;

/// @context boot and reset, when no other CPU is at the ports
u8 read(u8 index);
void write(u8 index, u8 value);

/// Ports 0x70 and 0x71 as VTL0 uses them.
void select_for_guest(u8 index);
u8 read_for_guest();

/// @return false if the byte is the hypervisor's; the write was dropped
bool write_for_guest(u8 value);

}  // namespace hypervisor::cmos
