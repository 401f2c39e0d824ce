// SPDX-License-Identifier: MIT
// expect: private member
// Data is reached through its lock only.
#include "base/lock.h"

enum class Rank : base::u8 { Only };

base::u64 peek(base::Locked<base::u64, Rank::Only>& counter) {
    return counter.data_;
}
