// SPDX-License-Identifier: MIT
#include "hypervisor/boot/options.h"

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

std::string_view first_word(std::string_view text) {
    const auto* const end = std::ranges::find_if(text, is_white_space);
    return {text.begin(), end};
}

bool apply(std::string_view word, Options& options) {
    if (word == "verbose") {
        options.verbose = true;
        return true;
    }
    return false;
}

}  // namespace

ParsedOptions parse_options(std::string_view text) {
    ParsedOptions parsed;
    for (text = skip_white_space(text); !text.empty(); text = without_first_word(text)) {
        const std::string_view word = first_word(text);
        if (!apply(word, parsed.options) && parsed.first_unknown.empty()) {
            parsed.first_unknown = word;
        }
    }
    return parsed;
}

std::string_view without_first_word(std::string_view text) {
    const std::string_view from_word = skip_white_space(text);
    return skip_white_space({first_word(from_word).end(), from_word.end()});
}

}  // namespace hypervisor
