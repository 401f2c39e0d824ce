// SPDX-License-Identifier: MIT
// test-with: hypervisor/boot/options.cpp selftests/host/panic.cpp
#include "hypervisor/boot/options.h"

#include <gtest/gtest.h>

namespace hypervisor {
namespace {

TEST(options, nothing_chooses_nothing) {
    for (const std::string_view text : {"", " ", "\t  "}) {
        EXPECT_FALSE(parse_options(text).options.verbose);
        EXPECT_TRUE(parse_options(text).first_unknown.empty());
    }
    EXPECT_TRUE(parse_options({}).first_unknown.empty());
}

TEST(options, verbose_is_a_word_of_its_own) {
    for (const std::string_view text : {"verbose", " verbose", "verbose\t", "verbose  verbose"}) {
        EXPECT_TRUE(parse_options(text).options.verbose) << text;
        EXPECT_TRUE(parse_options(text).first_unknown.empty()) << text;
    }
    for (const std::string_view text : {"verbos", "verbosee", "Verbose", "verbose=1", "verbose="}) {
        EXPECT_FALSE(parse_options(text).options.verbose) << text;
        EXPECT_EQ(parse_options(text).first_unknown, text);
    }
}

TEST(options, the_first_unknown_word_is_reported_and_the_rest_counts) {
    const auto parsed = parse_options("  speed=fast other verbose last");
    EXPECT_TRUE(parsed.options.verbose);
    EXPECT_EQ(parsed.first_unknown, "speed=fast");
}

TEST(options, a_text_need_not_end_with_zero) {
    const std::string_view text{"verbose-and-more", 7};
    EXPECT_TRUE(parse_options(text).options.verbose);
}

TEST(options, the_first_word_can_be_taken_away) {
    EXPECT_EQ(without_first_word("/boot/vmlinuz root=/dev/vda  quiet"), "root=/dev/vda  quiet");
    EXPECT_EQ(without_first_word(" \tfile \t rest "), "rest ");
    EXPECT_EQ(without_first_word("file"), "");
    EXPECT_EQ(without_first_word("file "), "");
    EXPECT_EQ(without_first_word(" "), "");
    EXPECT_EQ(without_first_word({}), "");
}

}  // namespace
}  // namespace hypervisor
