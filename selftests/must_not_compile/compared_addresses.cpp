// SPDX-License-Identifier: MIT
// expect: invalid operands to binary expression
// Addresses of two spaces have no order.
#include "base/address.h"

bool is_same(base::Gva gva, base::Gpa gpa) {
    return gva == gpa;
}
