// SPDX-License-Identifier: MIT
// expect: private member
// No way around the parser.
#include "base/wire.h"

base::u64 take(const base::Untrusted<base::u64>& count) {
    return count.value_;
}
