// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/types.h"

namespace hypervisor {

using base::u64;
using base::usize;

/// Whether `length` bytes at `offset` lie within `size` bytes. Cannot wrap.
constexpr bool is_within(u64 size, u64 offset, u64 length) {
    return offset <= size && length <= size - offset;
}

/// Reads a little-endian number of any alignment.
/// @return Error::BadAddress if it does not lie wholly within `bytes`.
template <std::unsigned_integral T>
constexpr base::Result<T> read_number(std::span<const std::byte> bytes, u64 offset) {
    if (!is_within(bytes.size(), offset, sizeof(T))) {
        return base::fail(base::Error::BadAddress);
    }
    u64 value = 0;
    for (usize i = 0; i < sizeof(T); ++i) {
        value |= std::to_integer<u64>(bytes[offset + i]) << (8 * i);
    }
    return static_cast<T>(value);
}

/// Writes a little-endian number of any alignment. An offset past the end is a mistake of the
/// caller's and stops the machine.
template <std::unsigned_integral T>
constexpr void write_number(std::span<std::byte> bytes, u64 offset, T value) {
    if (!is_within(bytes.size(), offset, sizeof(T))) {
        base::panic("write_number: past the end");
    }
    for (usize i = 0; i < sizeof(T); ++i) {
        bytes[offset + i] = static_cast<std::byte>(u64{value} >> (8 * i));
    }
}

}  // namespace hypervisor
