// SPDX-License-Identifier: MIT
// expect: ignoring return value|nodiscard
// An error that nobody looks at.
#include "base/result.h"

base::Result<base::u64> may_fail();

void carry_on() {
    may_fail();
}
