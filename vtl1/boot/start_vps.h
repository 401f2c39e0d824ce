// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"

namespace vtl1 {

/// Enables VTL1 on another VP; it starts at that VP's first VTL call, on its own stack.
/// @param port  of the running CPU
/// @param other  the other VP's
/// @return Error::HypervisorFailed
Result<void> enable_vtl1_on(const hv::HypercallPort& port, const Cpu& other);

/// Where the hypercall page lies, for the other VPs.
/// @context  boot only
void remember_hypercall_page(Gpa page);

}  // namespace vtl1
