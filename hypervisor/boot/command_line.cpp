// SPDX-License-Identifier: MIT
#include "hypervisor/boot/command_line.h"

#include <algorithm>

namespace hypervisor {

namespace {

bool is_white_space(char c) {
    return c == ' ' || c == '\t';
}

std::string_view skip_white_space(std::string_view text) {
    const auto* const word = std::ranges::find_if_not(text, is_white_space);
    return {word, text.end()};
}

}  // namespace

std::string_view first_word(std::string_view text) {
    const std::string_view from_word = skip_white_space(text);
    return {from_word.begin(), std::ranges::find_if(from_word, is_white_space)};
}

std::string_view without_first_word(std::string_view text) {
    return skip_white_space({first_word(text).end(), text.end()});
}

}  // namespace hypervisor
