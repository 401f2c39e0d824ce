// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

/// The physical local APIC of this CPU. VTL0 owns it, in the mode that VTL0 chose; the hypervisor
/// only looks at what leaves it, and sends its own messages through it.
/// @source Intel SDM vol. 3A, chapter 11
namespace hypervisor::local_apic {

using base::u32;
using base::u64;
using base::u8;

inline constexpr u64 page = 0xfee0'0000;  // bytes; moving it is refused

// Register offsets in the xAPIC page; an x2APIC MSR is 0x800 + offset / 16
inline constexpr u32 id_offset = 0x20;
inline constexpr u32 task_priority_offset = 0x80;
inline constexpr u32 logical_destination_offset = 0xd0;
inline constexpr u32 spurious_offset = 0xf0;
inline constexpr u32 icr_low_offset = 0x300;
inline constexpr u32 icr_high_offset = 0x310;

// IA32_APIC_BASE
inline constexpr u64 base_is_bsp = u64{1} << 8;
inline constexpr u64 base_x2apic = u64{1} << 10;
inline constexpr u64 base_enabled = u64{1} << 11;

/// Whether this CPU's is in x2APIC mode.
bool is_x2apic();

u32 id();

/// Accesses a register, in either mode. `offset` is the xAPIC's.
u32 read(u32 offset);
void write(u32 offset, u32 value);

/// Carries out a write of VTL0 to any register but the ICR's low half. Registers and delivery modes
/// that would move the APIC or take the CPU away are left alone.
/// @return false if the write was dropped
bool write_for_guest(u32 offset, u32 value);

/// Whether VTL0 may write this to APIC_BASE. The page must not move, and the APIC must stay on:
/// kicks go through it. x2APIC mode may be entered, and left only by INIT.
/// @source Intel SDM vol. 3A, 11.12.5
bool accepts_base(u64 value);

/// @return false if the value is not accepted; nothing has changed then
bool write_base_for_guest(u64 value);

/// Writes the ICR of this CPU and waits until it was accepted.
/// @param destination  as ICR bits 63:32 in x2APIC mode: an id or a logical destination, not
/// shifted
void send(u32 destination, u32 icr_low);

/// To one CPU. Keeps what VTL0 had in the upper half of an xAPIC's ICR.
void send_nmi(u32 apic_id);
void send_init(u32 apic_id);
void send_startup(u32 apic_id, u8 vector);

/// Puts the registers into the state after INIT, as far as software can.
void reset();

}  // namespace hypervisor::local_apic
