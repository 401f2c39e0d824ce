// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"
#include "vtl1/intercept/intercept_message.h"

namespace vtl1 {

/// Judges an access of VTL0's that the hypervisor has stopped: a legal patch of sealed text is done
/// on VTL0's behalf, and so is one of text that nobody has explained; any other store into that
/// takes execution from it, as one into a tracer's trampoline does, which is examined again when
/// VTL0 runs it; what the frame grants by now is tried again. All else is a denial, counted and
/// logged.
/// @return whether VTL0 goes on
bool answer_memory_access(Cpu& cpu, const MemoryIntercept& access);

}  // namespace vtl1
