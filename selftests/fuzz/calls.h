// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/fuzz/world.h"

namespace fuzz {

/// Puts a hypercall that is right in most parts into memory and registers; RIP is at a VMMCALL.
void prepare_hypercall(Vp& vp, Input& input);

/// RDX, R8 and XMM0 to XMM5 as a fast hypercall's input.
using FastInput = std::array<u64, 14>;

/// What the last hypercall has put there; the first two lie in the VP's registers.
FastInput& fast_input();

/// A synthetic MSR that exists, or any number near to one of those that matter.
u32 take_msr(Input& input);

}  // namespace fuzz
