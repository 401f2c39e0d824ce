// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"

// Registers of VTL0's kernel that keep their values (policies/pinned_registers.h): what is recorded
// and armed for each VP. All of it concerns the running VP, whose VTL0 is not running meanwhile.
namespace vtl1 {

/// Records the values that this VP's registers have and asks the hypervisor for every write of
/// them. The values must be fit to be pinned, and where all VPs have the same, that of those before
/// it. A VP that is pinned already stays as it is.
///
/// @return Error::Refused if a value is not, which the log names; nothing was recorded then.
/// Error::HypervisorFailed if not all was armed; writes of what was armed are denied from then on.
/// @locks LockRank::Seal, LockRank::Log
Result<void> pin_registers(Cpu& cpu);

/// The same for a VP that is about to start from its reset state: each register may be written
/// until it first has the value that it is pinned to (policies::decide_write). Those are the VP's
/// own of before, or if it never had any, those that all VPs share; then pin_registers() must
/// follow once it runs. Nothing happens as long as no VP is pinned.
///
/// @return Error::HypervisorFailed; the VP must not be started
/// @locks LockRank::Seal
/// @context  VTL0's registers on this VP are those that it will start with
Result<void> arm_pins_at_start(Cpu& cpu);

}  // namespace vtl1
