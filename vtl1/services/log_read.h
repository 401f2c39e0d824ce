// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_LOG_READ: as many lines of the log as fit into a page, from a sequence number on, or
/// from the oldest that is left. Its value is the number to ask for next.
/// @return Error::BadAddress; the lines then count as not read
CallResult log_read(Vtl0Out<vtl_log_page> out, base::Untrusted<u64> first);

}  // namespace vtl1::services
