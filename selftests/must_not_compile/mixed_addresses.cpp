// SPDX-License-Identifier: MIT
// expect: no viable conversion|no matching|could not convert|cannot convert|no known conversion
// A guest-virtual address is no guest-physical one.
#include "base/address.h"

base::Gpa physical(base::Gva gva) {
    return gva;
}
