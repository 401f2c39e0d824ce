// SPDX-License-Identifier: MIT
// expect: no viable conversion
// Where a number becomes an address, it says so.
#include "base/address.h"

base::Gpa from_register(base::u64 value) {
    return value;
}
