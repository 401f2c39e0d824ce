// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_CRYPTO: runs one of SELFTEST_CRYPTO_*, and measures it.
/// @return Error::BadArgument, or the operation's error
vtl1::CallResult run_crypto(base::Untrusted<base::u64> which);

}  // namespace selftest
