// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_PIN: the registers of VTL0's kernel on the calling VP keep their values from now on.
/// @return as pin_registers()
CallResult pin();

}  // namespace vtl1::services
