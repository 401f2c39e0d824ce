// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/ram_map.cpp selftests/host/panic.cpp
#include "vtl1/mm/ram_map.h"

#include <gtest/gtest.h>
#include <vector>

namespace vtl1 {
namespace {

using Ranges = std::vector<vtl1_frame_range>;

TEST(RamMap, knows_its_frames) {
    RamMap map;
    ASSERT_TRUE(map.fill(Ranges{{0, 2}, {0x100, 0x80}}).has_value());

    EXPECT_TRUE(map.contains(Gpa{0}));
    EXPECT_TRUE(map.contains(Gpa{0x1fff}));
    EXPECT_FALSE(map.contains(Gpa{0x2000}));
    EXPECT_FALSE(map.contains(Gpa{0xff'fff}));
    EXPECT_TRUE(map.contains(Gpa{0x17f'fff}));
    EXPECT_FALSE(map.contains(Gpa{0x180'000}));
    EXPECT_FALSE(map.contains(Gpa{~u64{0}}));
}

TEST(RamMap, a_run_must_lie_in_one_range) {
    RamMap map;
    ASSERT_TRUE(map.fill(Ranges{{0, 2}, {3, 2}}).has_value());

    EXPECT_TRUE(map.contains(0, 2));
    EXPECT_TRUE(map.contains(4, 1));
    EXPECT_FALSE(map.contains(1, 2));
    EXPECT_FALSE(map.contains(0, ~u64{0}));
    EXPECT_FALSE(map.contains(2, 1));
}

TEST(RamMap, numbers_frames_across_ranges) {
    RamMap map;
    ASSERT_TRUE(map.fill(Ranges{{0x10, 3}, {0x100, 2}}).has_value());

    EXPECT_EQ(map.index_of(Gpa{0x12'000}), 2);
    EXPECT_EQ(map.index_of(Gpa{0x100'000}), 3);
    EXPECT_EQ(map.run_from(1), base::must(base::GpaRange::of_pages(Gpa{0x11'000}, 2)));
    EXPECT_EQ(map.run_from(3), base::must(base::GpaRange::of_pages(Gpa{0x100'000}, 2)));
    EXPECT_EQ(map.run_from(4), base::must(base::GpaRange::of_pages(Gpa{0x101'000}, 1)));
}

TEST(RamMap, remembers_confirmations_across_ranges) {
    RamMap map;
    ASSERT_TRUE(map.fill(Ranges{{0, 63}, {0x100, 3}}).has_value());
    std::vector<std::atomic<u64>> words(map.word_count());
    ASSERT_EQ(words.size(), 2);
    map.use_confirmations(words);

    map.confirm(Gpa{0x101'000});

    EXPECT_TRUE(map.is_confirmed(Gpa{0x101'000}));
    EXPECT_FALSE(map.is_confirmed(Gpa{0x100'000}));
    EXPECT_FALSE(map.is_confirmed(Gpa{0x102'000}));
    EXPECT_FALSE(map.is_confirmed(Gpa{0}));
    EXPECT_EQ(words[1].load(), 1);
}

TEST(RamMap, refuses_what_the_boot_abi_forbids) {
    RamMap map;
    EXPECT_EQ(map.fill(Ranges{}), fail(Error::BadArgument));
    EXPECT_EQ(map.fill(Ranges{{1, 0}}), fail(Error::BadArgument));
    EXPECT_EQ(map.fill(Ranges{{2, 1}, {1, 1}}), fail(Error::BadArgument));
    EXPECT_EQ(map.fill(Ranges{{1, 2}, {3, 1}}), fail(Error::BadArgument));
    EXPECT_EQ(map.fill(Ranges{{u64{1} << 40, 1}}), fail(Error::BadAddress));
    EXPECT_EQ(map.fill(Ranges{{(u64{1} << 40) - 1, 2}}), fail(Error::BadAddress));
    EXPECT_EQ(map.fill(Ranges{{u64{1} << 52, 1}}), fail(Error::BadAddress));
    EXPECT_EQ(map.fill(Ranges(VTL1_RAM_RANGES_MAX + 1, {0, 1})), fail(Error::BadArgument));
    EXPECT_EQ(map.frame_count(), 0) << "an error leaves it empty";
}

}  // namespace
}  // namespace vtl1
