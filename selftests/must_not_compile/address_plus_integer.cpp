// SPDX-License-Identifier: MIT
// expect: invalid operands to binary expression
// Arithmetic on addresses could wrap around; GpaRange cannot.
#include "base/address.h"

base::Gpa next_page(base::Gpa gpa) {
    return gpa + 4096;
}
