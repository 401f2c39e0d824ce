// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/fuzz/world.h"

namespace fuzz {

/// What must hold for the nested tables, whatever guests do: no page of VTL0 is executable in both
/// of its views; pages lead to themselves or to an overlay of the same VTL; VTL1 keeps all rights.
void check_views();

/// The same right before VMRUN, if there is something to flush, and what must hold for the VMCB: it
/// watches what it must and is on the right nested table.
void check_state(Vp& vp);

}  // namespace fuzz
