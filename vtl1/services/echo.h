// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_ECHO: sends VTL0's bytes back. Its value is how many. Bytes past them come back as 0.
/// @return Error::BadAddress, Error::BadArgument; nothing was written
CallResult echo(Vtl0InOut<vtl_echo> page);

}  // namespace vtl1::services
