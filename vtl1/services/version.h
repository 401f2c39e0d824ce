// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_VERSION. Its value is the ABI version in 31:0 and VTL1's version in 63:32.
CallResult version();

}  // namespace vtl1::services
