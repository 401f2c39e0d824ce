// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_FEATURES. Its value is VTL_FEATURE_*.
CallResult features();

}  // namespace vtl1::services
