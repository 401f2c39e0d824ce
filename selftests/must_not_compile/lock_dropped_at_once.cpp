// SPDX-License-Identifier: MIT
// expect: ignoring|nodiscard
// Held for no statement at all.
#include "base/lock.h"

enum class Rank : base::u8 { Only };

void nothing(base::Locked<base::u64, Rank::Only>& counter) {
    counter.lock();
}
