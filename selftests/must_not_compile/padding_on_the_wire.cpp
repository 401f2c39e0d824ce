// SPDX-License-Identifier: MIT
// expect: WireType
// The three bytes after `kind` would carry whatever was on the stack to VTL0.
#include "base/bytes.h"

struct Answer {
    base::u8 kind;
    base::u32 value;
};

void send(std::span<std::byte> page, const Answer& answer) {
    base::store_wire(page, 0, answer);
}
