// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"
#include "vtl1/intercept/register_message.h"

namespace vtl1 {

/// What became of VTL0's writes of pinned registers. Those that change nothing but free bits of CR0
/// and CR4 do not come here.
struct RegisterWriteCounts {
    u64 denied;
    u64 allowed;
};

/// Sums over all registers and CPUs.
RegisterWriteCounts register_write_counts();

/// Decides about a write of VTL0's and carries it out if it is allowed: the register gets its value
/// and VTL0 goes on behind the instruction. Otherwise it counts and logs the denial.
/// @return whether it was allowed; if not, nothing has changed, and VTL0 is to get its fault
bool answer_register_write(Cpu& cpu, const RegisterIntercept& intercept);

/// Counts a denial. Takes no lock.
/// @return how often a write of this register was denied, this time included
u64 count_denied_write(policies::Pin pin);

}  // namespace vtl1
