// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/statement.h"
#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_STATEMENT: what VTL1 does, signed together with VTL0's nonce. A signature's worth of
/// work at most; where more is to be done first, it is done in steps.
/// @return Error::Busy: ask again; Error::BadArgument: something but the nonce is not 0;
///         Error::BadAddress. Nothing was written.
CallResult statement(Vtl0InOut<vtl_statement> page);

}  // namespace vtl1::services
