// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

/// The machine's HPET, which the hypervisor keeps for itself: one comparator to a VP wakes its CPU
/// up by an NMI, whatever VTL0 does with its interrupts and its own timers. VTL0 finds a page of
/// zeros in its place. @source IA-PC HPET Specification 1.0a, 2.3
namespace hypervisor::hpet {

using base::u32;
using base::u64;
using base::usize;

inline constexpr u64 page = 0xfed0'0000;  // where every PC has it

/// @context boot only, after the host's page tables
void initialise();

/// Whether there is one that sends messages and has a comparator to each VP.
bool is_usable();

/// Sends one NMI after `delay` units of 100 ns, or earlier where that is far away.
/// @param comparator  the VP's index
void arm(usize comparator, u32 apic_id, u64 delay);

/// An NMI that is under way still comes.
void disarm(usize comparator);

}  // namespace hypervisor::hpet
