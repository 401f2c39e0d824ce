// SPDX-License-Identifier: MIT
// expect: unsafe pointer arithmetic|unsafe buffer access
// Spans know their length.
#include "base/types.h"

base::u8 nth(const base::u8* bytes, base::usize n) {
    return bytes[n];
}
