// SPDX-License-Identifier: MIT
// expect: implicit conversion loses integer precision
// No bits are lost in silence.
#include "base/types.h"

base::u32 low(base::u64 value) {
    return value;
}
