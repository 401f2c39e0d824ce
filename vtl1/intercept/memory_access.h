// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"
#include "vtl1/intercept/intercept_message.h"

namespace vtl1 {

/// Judges an access of VTL0's that the hypervisor has stopped: a legal patch of sealed text is done
/// on VTL0's behalf; a store into text that nobody has explained takes execution from it; what the
/// frame grants by now is tried again. All else is a denial, counted and logged.
/// @return whether VTL0 goes on
bool answer_memory_access(Cpu& cpu, const MemoryIntercept& access);

}  // namespace vtl1
