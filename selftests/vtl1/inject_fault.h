// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_INJECT_FAULT.
/// @return Error::BadArgument for an unknown kind
vtl1::CallResult inject_fault(base::Untrusted<base::u64> kind);

}  // namespace selftest
