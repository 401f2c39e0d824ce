// SPDX-License-Identifier: MIT
// expect: ignoring return value|nodiscard
// Nor one without a value.
#include "base/result.h"

base::Result<void> may_fail();

void carry_on() {
    may_fail();
}
