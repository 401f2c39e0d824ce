// SPDX-License-Identifier: MIT
// expect: deleted constructor
// Two holders of one lock.
#include <utility>

#include "base/lock.h"

enum class Rank : base::u8 { Only };
using Counter = base::Locked<base::u64, Rank::Only>;

base::u64 twice(Counter& counter) {
    Counter::Guard first = counter.lock();
    Counter::Guard second = first;
    return *first + *second;
}
