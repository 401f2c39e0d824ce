// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/fuzz/world.h"

namespace fuzz {

/// What must hold whatever guests do, right before VMRUN: no page of VTL0 is executable in both of
/// its views; pages lead to themselves or to an overlay of the same VTL; VTL1 keeps all rights; the
/// VMCB watches what it must and is on the right nested table. Tables are read again if they have
/// changed.
void check_state(Vp& vp);

}  // namespace fuzz
