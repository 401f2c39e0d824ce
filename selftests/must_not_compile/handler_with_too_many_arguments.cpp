// SPDX-License-Identifier: MIT
// expect: static assertion failed
// Five registers carry arguments.
#include "vtl1/vtl/call.h"

using Number = base::Untrusted<base::u64>;

vtl1::CallResult handler(Number a, Number b, Number c, Number d, Number e, Number f);

constexpr vtl1::Call call = vtl1::row<handler>(1, "handler", vtl1::Phase::Boot, handler);
