// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"

namespace vtl1 {

/// Handles the intercept that made the hypervisor enter VTL1: a write of a pinned register that is
/// allowed is carried out, the start of this VP is allowed or not (cpu_start.h), whatever else VTL0
/// tried becomes a general protection fault at the instruction that tried it. An empty message slot
/// is nothing to do.
/// @context  after the interrupt window
void handle_intercept(Cpu& cpu);

/// The same once VTL1 is out of service: no lock, no log, this CPU's memory only.
void deny_intercept_out_of_service(Cpu& cpu);

}  // namespace vtl1
