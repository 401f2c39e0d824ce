// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hypervisor {

/// The first word of a text of words separated by spaces or tabs; empty if there is none. Points
/// into the text.
std::string_view first_word(std::string_view text);

/// What follows the first word, without the white space between them. QEMU puts the name of the
/// file before every multiboot command line.
std::string_view without_first_word(std::string_view text);

}  // namespace hypervisor
