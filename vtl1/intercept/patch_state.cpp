// SPDX-License-Identifier: MIT
#include "vtl1/intercept/patch_state.h"

namespace vtl1 {

constinit Locked<PatchState, LockRank::Patch> patch_state;

}  // namespace vtl1
