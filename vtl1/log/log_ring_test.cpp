// SPDX-License-Identifier: MIT
// test-with: vtl1/log/log_ring.cpp selftests/host/panic.cpp
#include "vtl1/log/log_ring.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>

namespace vtl1 {
namespace {

std::string text_of(const vtl_log_page& page) {
    return {page.text, page.text + page.text_bytes};
}

TEST(LogRing, gives_whole_lines_in_order) {
    LogRing ring;
    ring.add("one");
    ring.add("two");

    vtl_log_page page{};
    ring.copy(LogSequence{0}, page);

    EXPECT_EQ(text_of(page), "one\ntwo\n");
    EXPECT_EQ(page.first_sequence, 0);
    EXPECT_EQ(page.next_sequence, 2);
    EXPECT_EQ(page.lost, 0);
    EXPECT_EQ(page.reserved, 0);
}

TEST(LogRing, goes_on_where_the_last_page_ended) {
    LogRing ring;
    const std::string line(100, 'x');
    for (int i = 0; i < 60; ++i) {
        ring.add(line);
    }
    vtl_log_page page{};
    ring.copy(LogSequence{0}, page);
    EXPECT_EQ(page.next_sequence, 40) << "4064 bytes hold 40 lines of 101";
    EXPECT_EQ(page.text_bytes, 4040);

    ring.copy(LogSequence{page.next_sequence}, page);
    EXPECT_EQ(page.first_sequence, 40);
    EXPECT_EQ(page.next_sequence, 60);
}

TEST(LogRing, answers_any_sequence_number) {
    LogRing ring;
    ring.add("one");
    vtl_log_page page{};
    for (const u64 from : {u64{1}, u64{2}, ~u64{0}}) {
        ring.copy(LogSequence{from}, page);
        EXPECT_EQ(page.first_sequence, 1);
        EXPECT_EQ(page.next_sequence, 1);
        EXPECT_EQ(page.text_bytes, 0);
    }
}

TEST(LogRing, starts_at_the_oldest_line_left) {
    LogRing ring;
    for (usize i = 0; i < LogRing::line_count + 5; ++i) {
        ring.add("x");
    }
    vtl_log_page page{};
    ring.copy(LogSequence{0}, page);
    EXPECT_EQ(page.first_sequence, 5);
    EXPECT_EQ(page.next_sequence, LogRing::line_count + 5);
    EXPECT_EQ(page.lost, 5);
}

TEST(LogRing, a_line_that_was_read_is_not_lost) {
    LogRing ring;
    for (usize i = 0; i < LogRing::line_count; ++i) {
        ring.add("x");
    }
    ring.mark_read(LogSequence{3});
    for (int i = 0; i < 5; ++i) {
        ring.add("x");
    }
    EXPECT_EQ(ring.lost(), 2);
}

TEST(LogRing, a_reader_cannot_mark_what_does_not_exist) {
    LogRing ring;
    ring.mark_read(LogSequence{~u64{0}});
    for (usize i = 0; i < LogRing::line_count + 1; ++i) {
        ring.add("x");
    }
    EXPECT_EQ(ring.lost(), 1);
}

TEST(LogRing, cuts_and_cleans_lines) {
    LogRing ring;
    ring.add(std::string(500, 'y'));
    ring.add("a\nb\x1b\x80");

    vtl_log_page page{};
    ring.copy(LogSequence{0}, page);
    EXPECT_EQ(text_of(page), std::string(LogRing::line_bytes_max, 'y') + "\na?b??\n");
}

TEST(LogRing, leaves_nothing_of_an_earlier_page) {
    LogRing ring;
    vtl_log_page page{};
    std::ranges::fill(page.text, u8{0xaa});
    ring.copy(LogSequence{0}, page);
    EXPECT_EQ(page.text[0], 0);
    EXPECT_EQ(page.text[VTL_LOG_TEXT_BYTES - 1], 0);
}

}  // namespace
}  // namespace vtl1
