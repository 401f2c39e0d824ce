// SPDX-License-Identifier: MIT
// expect: no matching|no viable|cannot
// A handler's parameters say what they are, and are not trusted.
#include "vtl1/vtl/call.h"

vtl1::CallResult handler(base::u64 count) {
    return count;
}

constexpr vtl1::Call call = vtl1::row<handler>(1, "handler", vtl1::Phase::Boot, handler);
