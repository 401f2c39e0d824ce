// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include "vtl1/types.h"

namespace vtl1 {

/// Overwrites memory, also if nothing reads it afterwards.
inline void wipe(std::span<std::byte> bytes) {
    std::ranges::fill(bytes, std::byte{0});
    // SAFETY: no instruction; the compiler must assume that the bytes are read here.
    asm volatile("" : : "r"(bytes.data()) : "memory");
}

}  // namespace vtl1
