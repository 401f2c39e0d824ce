// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "policies/text_poke.h"
#include "vtl1/intercept/trampoline_table.h"
#include "vtl1/lock.h"

namespace vtl1 {

/// How many stores there were, by verdict.
using TextWriteCounts = std::array<u64, policies::poke_verdict_count>;

/// What is known of VTL0's patching.
struct PatchState {
    TextWriteCounts counts{};
    TrampolineTable trampolines;
    u64 unproved_writes = 0;  // rounds of patches in text that nobody has explained
};

/// There is one. Its lock also makes stores to text of two CPUs follow each other, and trampolines
/// be examined one at a time.
extern Locked<PatchState, LockRank::Patch> patch_state;

}  // namespace vtl1
