// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/fuzz/world.h"

namespace fuzz {

/// Puts a hypercall that is right in most parts into memory and registers; RIP is at a VMMCALL.
void prepare_hypercall(Vp& vp, Input& input);

/// A synthetic MSR that exists, or any number near to one of those that matter.
u32 take_msr(Input& input);

}  // namespace fuzz
