// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// STIMERn_CONFIG and STIMERn_COUNT of VTL1. VTL0 has none: stock Linux would make them its clock.
/// An empty optional, or false, means that nothing changed: another MSR or VTL, no hardware that
/// could wake a VP up, or reserved bits. @source TLFS, "Synthetic Timer Registers"
std::optional<u64> read_timer_msr(const Vp& vp, Vtl vtl, u32 msr);
bool write_timer_msr(Vp& vp, Vtl vtl, u32 msr, u64 value);

/// Delivers what has expired, and messages that had to wait for their slot; sets the machine's
/// timer for what comes next. To be called before every entry of a VP that has VTL1.
void run_timers(Vp& vp);

/// Told of every NMI of the machine. @return true if it was a kick, or the timer that wakes the VP
/// up. While a timer of VTL1 runs, another device's NMI cannot be told from it and is lost; VTL0's
/// IPIs come in software.
bool take_wake_up(Vp& vp, bool was_kick);

}  // namespace hypervisor
