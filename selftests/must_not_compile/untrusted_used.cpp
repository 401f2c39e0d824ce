// SPDX-License-Identifier: MIT
// expect: no viable conversion|no matching|invalid operands
// Nothing can be done with VTL0's number but parse it.
#include "base/wire.h"

base::u64 twice(base::Untrusted<base::u64> count) {
    return count * 2;
}
