// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/fuzz/world.h"

namespace fuzz {

/// Lets the guests of all VPs do what the input says, until it ends or they reset the machine. The
/// hypervisor runs as shipped, from run_vp() on; only VMRUN itself is played.
void run_guests(Input input);

}  // namespace fuzz
