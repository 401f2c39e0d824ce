// SPDX-License-Identifier: MIT
// test-with: hypervisor/boot/command_line.cpp selftests/host/panic.cpp
#include "hypervisor/boot/command_line.h"

#include <gtest/gtest.h>

namespace hypervisor {
namespace {

TEST(command_line, nothing_has_no_words) {
    for (const std::string_view text : {"", " ", "\t  "}) {
        EXPECT_EQ(first_word(text), "");
        EXPECT_EQ(without_first_word(text), "");
    }
    EXPECT_EQ(first_word({}), "");
}

TEST(command_line, words_end_at_spaces_and_tabs) {
    EXPECT_EQ(first_word("  one\ttwo"), "one");
    EXPECT_EQ(without_first_word("  one \t two  three"), "two  three");
    EXPECT_EQ(without_first_word("one"), "");
    EXPECT_EQ(without_first_word("one  "), "");
}

TEST(command_line, a_text_need_not_end_with_zero) {
    EXPECT_EQ(first_word(std::string_view{"word-and-more", 4}), "word");
}

}  // namespace
}  // namespace hypervisor
