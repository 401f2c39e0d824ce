// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/frame_pool.h"
#include "vtl1/mm/ram_map.h"

namespace vtl1 {

/// What VTL1 knows about the machine's memory. There is one of each.
/// Filled at boot on one CPU; afterwards read-only but for the RAM map's confirmations, which lie
/// elsewhere, and the pool's uses.
extern FrameList own_frames;
extern RamMap ram_map;
extern FramePool frame_pool;

}  // namespace vtl1
