// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_vsm.h"
#include "vtl1/arch/cpu.h"

// Starts of CPUs by VTL0. The hypervisor stops a VP at INIT and asks VTL1 of that VP about the
// start-up IPI, so VTL1 runs there before VTL0's first instruction.
namespace vtl1 {

/// Asks the hypervisor for a message at each start. Some do not have it.
/// @context  boot only
void intercept_cpu_starts(const hv::HypercallPort& port);

/// Whether the hypervisor has agreed. If not, no VP with VTL1 can be started again.
bool are_cpu_starts_intercepted();

/// CPUs may be started at this page, of VTL0's start-up code, also when none has been so far.
/// @context  before VTL0 is sealed. A page that no vector can name changes nothing
void allow_start_at(Gpa page);

/// VTL0 wants to run on this VP: puts it where the start-up IPI says, or leaves it waiting for
/// another. A start that is refused is logged.
/// @param message  a copy, of type TLFS_MESSAGE_SIPI_INTERCEPT
void handle_cpu_start(Cpu& cpu, const tlfs_message& message);

}  // namespace vtl1
