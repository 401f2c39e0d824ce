// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/witness.h"
#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_WITNESS: where the witness log's pages lie, and its totals.
/// @return Error::BadAddress; nothing was written
CallResult witness(Vtl0Out<vtl_witness> out);

}  // namespace vtl1::services
