// SPDX-License-Identifier: MIT
#include "vtl1/mm/memory.h"

#include "vtl1/sections.h"

namespace vtl1 {

namespace {

constinit std::array<FrameUse, FrameList::frame_count_max> frame_uses{};

}  // namespace

RO_AFTER_BOOT_ZEROED constinit FrameList own_frames;
RO_AFTER_BOOT_ZEROED constinit RamMap ram_map;
RO_AFTER_BOOT constinit FramePool frame_pool{own_frames, frame_uses};
RO_AFTER_BOOT_ZEROED constinit FrameStates frame_states;
constinit Locked<FrameLedger, LockRank::Ledger> frame_ledger;

}  // namespace vtl1
