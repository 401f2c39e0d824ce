// SPDX-License-Identifier: MIT
// expect: no viable conversion
// The value is there only if there is no error.
#include "base/result.h"

base::Result<base::u64> may_fail();

base::u64 value() {
    return may_fail();
}
