// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_STATUS: what VTL1 is doing, and what it has denied.
/// @return Error::BadAddress; nothing was written
CallResult status(Vtl0Out<vtl_status> out);

}  // namespace vtl1::services
