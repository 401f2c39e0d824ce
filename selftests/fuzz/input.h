// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstring>
#include <span>

#include "base/types.h"

namespace fuzz {

using base::u16;
using base::u32;
using base::u64;
using base::u8;
using base::usize;

/// The fuzzer's input, read from front to back. Past its end everything is zero.
class Input {
public:
    explicit Input(std::span<const u8> bytes) : bytes_(bytes) {}

    bool is_empty() const { return bytes_.empty(); }

    template <class T = u8>
    T take() {
        T value{};
        const std::span<const u8> taken = take_bytes(sizeof(T));
        std::memcpy(&value, taken.data(), taken.size());
        return value;
    }

    /// At most this many.
    std::span<const u8> take_bytes(usize count) {
        const std::span<const u8> taken =
            bytes_.first(count < bytes_.size() ? count : bytes_.size());
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }

    std::span<const u8> take_all() { return take_bytes(bytes_.size()); }

    /// One of a table; what a number from the input would hardly hit.
    template <class T, usize count>
    T pick(const std::array<T, count>& table) {
        return table[take() % count];
    }

    bool flip() { return (take() & 1) != 0; }

private:
    std::span<const u8> bytes_;
};

}  // namespace fuzz
