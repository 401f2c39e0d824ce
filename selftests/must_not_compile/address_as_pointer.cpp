// SPDX-License-Identifier: MIT
// expect: cannot cast|not allowed
// VTL0's memory is never mapped and used.
#include "base/address.h"

const base::u8* map(base::Gpa gpa) {
    return reinterpret_cast<const base::u8*>(gpa);
}
