// SPDX-License-Identifier: MIT
// expect: no viable conversion
// And back: .raw(), at the hardware, the wire and the log only.
#include "base/address.h"

base::u64 to_register(base::Gpa gpa) {
    return gpa;
}
