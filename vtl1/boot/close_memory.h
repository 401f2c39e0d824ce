// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/hypercall.h"
#include "vtl1/mm/frame_list.h"

namespace vtl1 {

/// Turns on protection of memory against VTL0. All that is RAM stays open by default.
/// @return Error::HypervisorFailed
Result<void> enable_protection(const hv::HypercallPort& port);

/// Takes all access to VTL1's own frames from VTL0.
/// @return Error::HypervisorFailed, also if one is not RAM. Frames before it are closed then.
Result<void> close_frames(const hv::HypercallPort& port, const FrameList& frames);

}  // namespace vtl1
