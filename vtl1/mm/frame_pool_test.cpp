// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/frame_pool.cpp vtl1/mm/frame_list.cpp selftests/host/panic.cpp
#include "vtl1/mm/frame_pool.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace vtl1 {
namespace {

class FramePoolTest : public testing::Test {
protected:
    FramePoolTest() {
        base::must(list_.fill(std::vector<vtl1_frame_range>{{0x10, 4}, {0x100, 4}}));
        pool_.open(pages_);
    }

    FrameList list_;
    std::vector<FrameUse> uses_ = std::vector<FrameUse>(8);
    std::vector<PageBytes> pages_ = std::vector<PageBytes>(8);
    FramePool pool_{list_, uses_};
};

bool is_zero(const PageBytes& page) {
    return std::ranges::all_of(page, [](std::byte b) { return b == std::byte{0}; });
}

TEST_F(FramePoolTest, claims_a_frame_once) {
    EXPECT_TRUE(pool_.claim(Gpa{0x11'000}, FrameUse::Image).has_value());
    EXPECT_EQ(pool_.claim(Gpa{0x11'000}, FrameUse::BootInfo), fail(Error::Refused));
    EXPECT_EQ(pool_.claim(Gpa{0x14'000}, FrameUse::Image), fail(Error::BadAddress));
    EXPECT_EQ(pool_.use_of(FrameIndex{1}), FrameUse::Image);
    EXPECT_EQ(pool_.free_count(), 7);
}

TEST_F(FramePoolTest, takes_zeroed_neighbours) {
    pages_[2].fill(std::byte{0xaa});
    base::must(pool_.claim(Gpa{0x11'000}, FrameUse::Image));

    const FrameIndex first = base::must(pool_.take(3, FrameUse::Data));

    EXPECT_EQ(first, FrameIndex{2});
    EXPECT_EQ(pool_.gpa_of(first), Gpa{0x12'000});
    EXPECT_TRUE(is_zero(pages_[2]));
    EXPECT_EQ(pool_.take(1, FrameUse::Data), FrameIndex{0}) << "the lowest that is free";
}

TEST_F(FramePoolTest, refuses_what_it_does_not_have) {
    EXPECT_EQ(pool_.take(0, FrameUse::Data), fail(Error::NoMemory));
    EXPECT_EQ(pool_.take(9, FrameUse::Data), fail(Error::NoMemory));
    EXPECT_EQ(pool_.take(~u64{0}, FrameUse::Data), fail(Error::NoMemory));
    base::must(pool_.take(8, FrameUse::Data));
    EXPECT_EQ(pool_.take(1, FrameUse::Data), fail(Error::NoMemory));
    EXPECT_EQ(pool_.free_count(), 0);
}

TEST_F(FramePoolTest, wipes_what_is_given_back) {
    base::must(pool_.claim(Gpa{0x11'000}, FrameUse::InitialTable));
    base::must(pool_.claim(Gpa{0x12'000}, FrameUse::Image));
    pages_[1].fill(std::byte{0xaa});
    pages_[2].fill(std::byte{0xbb});

    pool_.give_back_all(FrameUse::InitialTable);

    EXPECT_TRUE(is_zero(pages_[1]));
    EXPECT_FALSE(is_zero(pages_[2]));
    EXPECT_EQ(pool_.free_count(), 7);
}

TEST_F(FramePoolTest, opening_again_starts_over) {
    base::must(pool_.take(8, FrameUse::Data));
    pool_.open(pages_);
    EXPECT_EQ(pool_.free_count(), 8);
}

}  // namespace
}  // namespace vtl1
