// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"
#include "vtl1/arch/interrupt_vectors.h"

namespace vtl1 {

/// Answers the entry that this CPU is in as one out of service, and returns to VTL0. For a CPU that
/// finds VTL1 failed, or refuses to start it; end_service() was called before.
[[noreturn]] void leave_to_vtl0(Cpu& cpu);

}  // namespace vtl1
