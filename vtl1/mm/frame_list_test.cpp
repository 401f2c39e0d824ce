// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/frame_list.cpp selftests/host/panic.cpp
#include "vtl1/mm/frame_list.h"

#include <gtest/gtest.h>
#include <vector>

namespace vtl1 {
namespace {

using Ranges = std::vector<vtl1_frame_range>;

constexpr u64 frame_limit = base::GpaRange::limit / page_size;

TEST(FrameList, numbers_frames_from_the_lowest) {
    FrameList list;
    ASSERT_TRUE(list.fill(Ranges{{0x10, 2}, {0x20, 3}}).has_value());

    EXPECT_EQ(list.frame_count(), 5);
    EXPECT_EQ(list.index_of(Gpa{0x10'000}), FrameIndex{0});
    EXPECT_EQ(list.index_of(Gpa{0x11'fff}), FrameIndex{1});
    EXPECT_EQ(list.index_of(Gpa{0x22'000}), FrameIndex{4});
    EXPECT_EQ(list.gpa_of(FrameIndex{1}), Gpa{0x11'000});
    EXPECT_EQ(list.gpa_of(FrameIndex{2}), Gpa{0x20'000});
}

TEST(FrameList, knows_what_is_not_in_it) {
    FrameList list;
    ASSERT_TRUE(list.fill(Ranges{{0x10, 2}, {0x20, 3}}).has_value());

    for (const u64 frame : {u64{0}, u64{0xf}, u64{0x12}, u64{0x1f}, u64{0x23}, ~u64{0} >> 12}) {
        EXPECT_FALSE(list.contains(Gpa::of_page(frame))) << frame;
        EXPECT_EQ(list.index_of(Gpa::of_page(frame)), fail(Error::BadAddress));
    }
    EXPECT_EQ(list.gpa_of(FrameIndex{5}), fail(Error::BadAddress));
}

TEST(FrameList, refuses_what_the_boot_abi_forbids) {
    FrameList list;
    EXPECT_EQ(list.fill(Ranges{}), fail(Error::BadArgument));
    EXPECT_EQ(list.fill(Ranges{{0x10, 0}}), fail(Error::BadArgument));
    EXPECT_EQ(list.fill(Ranges{{0x20, 1}, {0x10, 1}}), fail(Error::BadArgument)) << "order";
    EXPECT_EQ(list.fill(Ranges{{0x10, 2}, {0x11, 1}}), fail(Error::BadArgument)) << "overlap";
    EXPECT_EQ(list.fill(Ranges{{0x10, 2}, {0x12, 1}}), fail(Error::BadArgument)) << "touch";
    EXPECT_EQ(list.fill(Ranges{{0x10, 1}, {0x10, 1}}), fail(Error::BadArgument)) << "twice";
    EXPECT_EQ(list.fill(Ranges{{1, FrameList::frame_count_max + 1}}), fail(Error::BadArgument));
    EXPECT_EQ(list.fill(Ranges(FrameList::run_count_max + 1)), fail(Error::BadArgument));
    EXPECT_EQ(list.frame_count(), 0) << "an error leaves it empty";
}

TEST(FrameList, refuses_what_would_wrap_around) {
    FrameList list;
    EXPECT_EQ(list.fill(Ranges{{frame_limit, 1}}), fail(Error::BadAddress));
    EXPECT_EQ(list.fill(Ranges{{frame_limit - 1, 2}}), fail(Error::BadAddress));
    EXPECT_EQ(list.fill(Ranges{{~u64{0}, 1}}), fail(Error::BadAddress));
    EXPECT_EQ(list.fill(Ranges{{0x10, ~u64{0}}}), fail(Error::BadAddress));
    EXPECT_EQ(list.fill(Ranges{{u64{1} << 52, 1}}), fail(Error::BadAddress));
    EXPECT_TRUE(list.fill(Ranges{{frame_limit - 1, 1}}).has_value());
}

TEST(FrameList, sums_are_limited_too) {
    FrameList list;
    const u64 half = FrameList::frame_count_max / 2;
    EXPECT_TRUE(list.fill(Ranges{{0, half}, {half + 1, half}}).has_value());
    EXPECT_EQ(list.fill(Ranges{{0, half}, {half + 1, half + 1}}), fail(Error::BadArgument));
}

}  // namespace
}  // namespace vtl1
