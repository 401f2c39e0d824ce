// SPDX-License-Identifier: MIT
// expect: enumeration value.*not (explicitly )?handled
// A new Error does not build until somebody has said what it means.
#include "base/error.h"

base::u32 to_number(base::Error error) {
    switch (error) {
        case base::Error::BadArgument:
            return 2;
        default:
            return 1;
    }
}
