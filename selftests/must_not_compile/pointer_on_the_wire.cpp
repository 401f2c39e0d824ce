// SPDX-License-Identifier: MIT
// expect: WireType
// An address of ours means nothing to VTL0, and tells it too much.
#include "base/bytes.h"

const char* receive(std::span<const std::byte> page) {
    return base::load_wire<const char*>(page, 0);
}
