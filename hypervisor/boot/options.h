// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hypervisor {

/// What the hypervisor's own command line can choose.
struct Options {
    bool verbose = false;
};

struct ParsedOptions {
    Options options;
    std::string_view first_unknown;  // points into the text; empty if all words were understood
};

/// Reads words separated by spaces or tabs: `key` or `key=value`. Words that are not understood
/// change nothing; the first of them is reported. A key that takes no value is unknown with one.
ParsedOptions parse_options(std::string_view text);

/// What follows the first word, without the white space between them. QEMU puts the name of the
/// file before every multiboot command line.
std::string_view without_first_word(std::string_view text);

}  // namespace hypervisor
