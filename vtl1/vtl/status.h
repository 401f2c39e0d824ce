// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/types.h"

namespace vtl1 {

/// What VTL0 is told. Says enough to correct the call, and nothing about VTL1's own state.
/// @return VTL_STATUS_*
u32 to_status(Error error);

}  // namespace vtl1
