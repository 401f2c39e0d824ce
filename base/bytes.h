// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "base/types.h"
#include "base/wire.h"

namespace base {

/// One whole page as bytes; the unit in which memory crosses a privilege border.
using PageBytes = std::array<std::byte, page_size>;

/// Writes `value` at a byte offset. Past the end is a broken invariant and stops the image.
template <WireType T>
constexpr void store_wire(std::span<std::byte> bytes, usize offset, const T& value) {
    const auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    std::ranges::copy(raw, bytes.subspan(offset, sizeof(T)).begin());
}

/// Reads a T at a byte offset. Past the end is a broken invariant and stops the image.
template <WireType T>
constexpr T load_wire(std::span<const std::byte> bytes, usize offset) {
    std::array<std::byte, sizeof(T)> raw{};
    std::ranges::copy(bytes.subspan(offset, sizeof(T)), raw.begin());
    return std::bit_cast<T>(raw);
}

}  // namespace base
