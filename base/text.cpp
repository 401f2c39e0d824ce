// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <array>

namespace base {

void Text::put(char c) {
    if (length_ < buffer_.size()) {
        buffer_[length_++] = c;
    }
}

void Text::put_number(u64 value, u64 radix) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 20> reversed{};  // 2^64 has 20 decimal digits
    usize count = 0;
    do {
        reversed[count++] = digits[value % radix];
        value /= radix;
    } while (value != 0);
    while (count != 0) {
        put(reversed[--count]);
    }
}

Text& Text::operator<<(std::string_view text) {
    for (const char c : text) {
        put(c);
    }
    return *this;
}

Text& Text::operator<<(u64 decimal) {
    put_number(decimal, 10);
    return *this;
}

Text& Text::operator<<(Hex number) {
    *this << "0x";
    put_number(number.value, 16);
    return *this;
}

}  // namespace base
