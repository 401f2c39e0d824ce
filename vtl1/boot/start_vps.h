// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/arch/cpu.h"

namespace vtl1 {

/// Enables VTL1 on another VP; it starts at that VP's first VTL call, on its own stack.
/// @param port  of the running CPU
/// @param other  the other VP's
/// @return Error::HypervisorFailed
Result<void> enable_vtl1_on(const hv::HypercallPort& port, const Cpu& other);

/// Runs VTL1 on a VP where VTL0 does not run, so that it is there before VTL0 is started. Failure
/// is logged and leaves a VP on which VTL0 cannot be started.
/// @param port  of the running CPU
/// @param offline  the other VP's; VTL1 is enabled there
/// @context  boot only
void start_vtl1_on(const hv::HypercallPort& port, const Cpu& offline);

/// Enables VTL1 on all VPs that the driver has not named, so that VTL0 cannot start them without
/// it. VTL1 is never entered there: nothing sends to it, and it listens to nothing.
/// @param port  of the running CPU
/// @param named  indices of the other VPs
/// @context  boot only
void block_other_vps(const hv::HypercallPort& port, std::span<const u32> named);

/// Where the hypercall page lies, for the other VPs.
/// @context  boot only
void remember_hypercall_page(Gpa page);

}  // namespace vtl1
