// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"

namespace vtl1 {

/// The boot VP's structure until its area exists: in the image, with small stacks of its own.
Cpu& boot_cpu();

/// Fills that structure and makes it the running CPU's, so that exceptions can be reported and VTL0
/// be returned to.
void prepare_boot_cpu();

}  // namespace vtl1
