// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "base/types.h"

namespace base {

/// A number to be printed in hexadecimal with 0x in front.
struct Hex {
    u64 value;
};

/// Builds one line of text in a buffer of the caller's. What does not fit is cut: a log line is
/// never a reason to fail.
class Text {
public:
    explicit Text(std::span<char> buffer) : buffer_(buffer) {}

    Text& operator<<(std::string_view text);
    Text& operator<<(u64 decimal);
    Text& operator<<(Hex number);

    std::string_view view() const { return {buffer_.data(), length_}; }

private:
    void put(char c);
    void put_number(u64 value, u64 radix);

    std::span<char> buffer_;
    usize length_ = 0;
};

}  // namespace base
