// SPDX-License-Identifier: MIT
// test-with: hypervisor/npt/page_table.cpp hypervisor/npt/frame_pool.cpp selftests/host/panic.cpp
#include "hypervisor/npt/page_table.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>

namespace hypervisor {
namespace {

constexpr LeafRights all{.writable = true, .executable = true};
constexpr LeafRights read_only{.writable = false, .executable = false};

/// Frames of the test's own; its addresses stand for host-physical ones.
class PageTableTest : public testing::Test {
protected:
    static constexpr base::usize frames = 64;

    FramePool make_pool(base::usize count) {
        return FramePool{reinterpret_cast<u64>(memory_.get()), count * base::page_size};
    }

    std::unique_ptr<void, decltype(&std::free)> memory_{
        std::aligned_alloc(base::page_size, frames* base::page_size), &std::free};
};

TEST_F(PageTableTest, nothing_is_mapped_at_first) {
    FramePool pool = make_pool(frames);
    const PageTable table = base::must(PageTable::create(pool));
    EXPECT_FALSE(table.find(0));
    EXPECT_FALSE(table.find(u64{0xfee0'0000}));
}

TEST_F(PageTableTest, a_large_leaf_maps_each_of_its_pages_to_itself) {
    FramePool pool = make_pool(frames);
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0x4020'0000, all));
    EXPECT_EQ(table.find(0x4020'0000)->target, 0x4020'0000U);
    EXPECT_EQ(table.find(0x403f'ffff)->target, 0x403f'f000U);
    EXPECT_EQ(table.find(0x403f'ffff)->rights, all);
    EXPECT_FALSE(table.find(0x4040'0000));
    EXPECT_FALSE(table.find(0x401f'ffff));
}

TEST_F(PageTableTest, one_page_can_change_without_its_neighbours) {
    FramePool pool = make_pool(frames);
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0x20'0000, all));
    ASSERT_TRUE(table.set_page(pool, 0x20'3000, Leaf{0x20'3000, read_only}));
    ASSERT_TRUE(table.set_page(pool, 0x20'5000, std::nullopt));
    EXPECT_EQ(table.find(0x20'2000)->rights, all);
    EXPECT_EQ(table.find(0x20'3000)->rights, read_only);
    EXPECT_EQ(table.find(0x20'4000)->rights, all);
    EXPECT_FALSE(table.find(0x20'5000));
    EXPECT_EQ(table.find(0x3f'f000)->target, 0x3f'f000U);
}

TEST_F(PageTableTest, splitting_keeps_no_execute) {
    FramePool pool = make_pool(frames);
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0, {.writable = true, .executable = false}));
    ASSERT_TRUE(table.set_page(pool, 0x1000, std::nullopt));
    EXPECT_FALSE(table.find(0x2000)->rights.executable);
}

TEST_F(PageTableTest, an_overlay_names_another_frame) {
    FramePool pool = make_pool(frames);
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0, all));
    ASSERT_TRUE(table.set_page(pool, 0x7000, Leaf{0x1234'5000, read_only}));
    EXPECT_EQ(table.find(0x7123)->target, 0x1234'5000U);
}

TEST_F(PageTableTest, without_frames_nothing_changes) {
    FramePool pool = make_pool(3);  // the root and two levels below it
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0, all));
    EXPECT_EQ(table.set_page(pool, 0x1000, std::nullopt).error(), base::Error::NoMemory);
    EXPECT_EQ(table.find(0x1000)->rights, all);
}

TEST_F(PageTableTest, an_address_past_48_bits_is_not_mapped) {
    FramePool pool = make_pool(frames);
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0, all));
    EXPECT_FALSE(table.find(u64{1} << 48));
}

TEST_F(PageTableTest, large_leaf_is_back_when_all_pages_agree_again) {
    FramePool pool = make_pool(frames);
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0x20'0000, all));
    for (u64 page = 0x20'0000; page < 0x40'0000; page += base::page_size) {
        EXPECT_EQ(table.is_large(page), page == 0x20'0000) << page;
        ASSERT_TRUE(table.set_page(pool, page, Leaf{page, read_only}));
        table.join(pool, page);
    }
    EXPECT_TRUE(table.is_large(0x20'0000));
    EXPECT_EQ(table.find(0x3f'f000)->target, 0x3f'f000U);
    EXPECT_EQ(table.find(0x3f'f000)->rights, read_only);
}

TEST_F(PageTableTest, pages_that_lie_elsewhere_are_not_joined) {
    FramePool pool = make_pool(frames);
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0x20'0000, all));
    ASSERT_TRUE(table.set_page(pool, 0x20'3000, Leaf{0x9000, all}));
    table.join(pool, 0x20'3000);
    EXPECT_FALSE(table.is_large(0x20'3000));
    EXPECT_EQ(table.find(0x20'3000)->target, 0x9000U);
}

TEST_F(PageTableTest, splitting_and_joining_for_ever_needs_no_more_frames) {
    FramePool pool = make_pool(5);  // root, two directories, and one table with one in retirement
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0x20'0000, all));
    for (int round = 0; round < 100; ++round) {
        ASSERT_TRUE(table.set_page(pool, 0x20'5000, Leaf{0x20'5000, read_only})) << round;
        ASSERT_TRUE(table.set_page(pool, 0x20'5000, Leaf{0x20'5000, all})) << round;
        table.join(pool, 0x20'5000);
        ASSERT_TRUE(table.is_large(0x20'5000));
        pool.reclaim();
    }
}

TEST_F(PageTableTest, retired_table_is_not_reused_before_reclaim) {
    FramePool pool = make_pool(4);  // root, two directories, one table
    PageTable table = base::must(PageTable::create(pool));
    ASSERT_TRUE(table.map_large(pool, 0x20'0000, all));
    ASSERT_TRUE(table.set_page(pool, 0x20'5000, Leaf{0x20'5000, read_only}));
    ASSERT_TRUE(table.set_page(pool, 0x20'5000, Leaf{0x20'5000, all}));
    table.join(pool, 0x20'5000);
    EXPECT_FALSE(table.set_page(pool, 0x20'5000, Leaf{0x20'5000, read_only}));
    pool.reclaim();
    EXPECT_TRUE(table.set_page(pool, 0x20'5000, Leaf{0x20'5000, read_only}));
}

}  // namespace
}  // namespace hypervisor
