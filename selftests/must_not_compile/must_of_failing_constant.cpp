// SPDX-License-Identifier: MIT
// expect: must be initialized by a constant expression
// What cannot be right stops the build.
#include "base/address.h"

constexpr base::GpaRange range = base::must(base::GpaRange::of_pages(base::Gpa{0x1000}, 0));
