// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_SEAL: one bounded step towards the seal.
/// @return Error::Busy until the last step is done, then 0; the errors of seal_step
CallResult seal();

}  // namespace vtl1::services
