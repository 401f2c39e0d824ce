// SPDX-License-Identifier: MIT
// expect: calling a private constructor
// A range exists only if it was checked.
#include "base/address.h"

base::GpaRange range(base::Gpa first, base::u64 page_count) {
    return base::GpaRange{first, page_count};
}
