// SPDX-License-Identifier: MIT
// expect: no matching member function
// A parser must be able to say no.
#include "base/wire.h"

enum class Count : base::u64 {};

Count take(base::Untrusted<base::u64> count) {
    return count.parse([](base::u64 raw) { return Count{raw}; });
}
