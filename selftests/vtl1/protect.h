// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_PROTECT: gives pages of VTL0 these rights, whatever depends on them. Past the frame
/// ledger, which then says of them what is not so.
/// @return Error::BadArgument for too many pages or rights that do not exist, Error::BadAddress if
/// one of them is VTL1's or not RAM; then nothing has changed.
vtl1::CallResult protect(base::Untrusted<base::u64> first,
                         base::Untrusted<base::u64> count,
                         base::Untrusted<base::u64> rights);

}  // namespace selftest
