// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/lock.h"
#include "vtl1/mm/frame_ledger.h"
#include "vtl1/mm/frame_pool.h"
#include "vtl1/mm/ram_map.h"

namespace vtl1 {

/// What VTL1 knows about the machine's memory. There is one of each.
/// Filled at boot on one CPU; afterwards read-only but for what lies elsewhere: the RAM map's
/// confirmations, the pool's uses, the states of frames, which the ledger changes.
extern FrameList own_frames;
extern RamMap ram_map;
extern FramePool frame_pool;
extern FrameStates frame_states;
extern Locked<FrameLedger, LockRank::Ledger> frame_ledger;

}  // namespace vtl1
