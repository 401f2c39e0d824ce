// SPDX-License-Identifier: MIT
// test-with: hypervisor/tlfs/page_view.cpp hypervisor/tlfs/partition.cpp
// test-with: selftests/host/lock_ranks.cpp
// test-with: hypervisor/npt/page_table.cpp hypervisor/npt/frame_pool.cpp
// test-with: hypervisor/boot/memory_map.cpp base/text.cpp selftests/host/panic.cpp
#include "hypervisor/tlfs/page_view.h"

#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>

namespace hypervisor {
namespace {

using enum PageRights;

constexpr std::array all_rights{None,        Read, ReadWrite, ReadUserExecute, ReadWriteUserExecute,
                                ReadExecute, All};
constexpr u64 page = 0x20'3000;

/// Tables of the test's own with 4 MiB of RAM, as after boot.
class PageViewTest : public testing::Test {
protected:
    static constexpr base::usize frames = 32;

    void SetUp() override {
        auto locked = partition.lock();
        *locked = Partition{};
        locked->pool = FramePool{reinterpret_cast<u64>(memory_.get()), frames * base::page_size};
        locked->of(Vtl::Vtl0).nested = base::must(PageTable::create(locked->pool));
        locked->user_view = base::must(PageTable::create(locked->pool));
        for (u64 gpa = 0; gpa < 2 * large_page_size; gpa += large_page_size) {
            PageTable& kernel = locked->of(Vtl::Vtl0).nested;
            base::must(kernel.map_large(locked->pool, gpa, kernel_leaf(All)));
            base::must(locked->user_view.map_large(locked->pool, gpa, user_leaf(All)));
        }
    }

    std::unique_ptr<void, decltype(&std::free)> memory_{
        std::aligned_alloc(base::page_size, frames* base::page_size), &std::free};
};

TEST_F(PageViewTest, rights_come_back_and_no_page_is_executable_in_both_views) {
    auto locked = partition.lock();
    for (const PageRights first : all_rights) {
        for (const PageRights second : all_rights) {
            ASSERT_TRUE(set_page(locked, Vtl::Vtl0, page, {page, first}));
            ASSERT_TRUE(set_page(locked, Vtl::Vtl0, page, {page, second}));
            EXPECT_EQ(find_page(locked, Vtl::Vtl0, page).rights, second);
            const std::optional<Leaf> kernel = locked->of(Vtl::Vtl0).nested.find(page);
            const std::optional<Leaf> user = locked->user_view.find(page);
            EXPECT_EQ(kernel.has_value(), user.has_value());
            EXPECT_FALSE(kernel && kernel->rights.executable && user->rights.executable);
            locked->pool.reclaim();
        }
    }
}

TEST_F(PageViewTest, user_code_is_executable_on_the_user_view_only) {
    auto locked = partition.lock();
    ASSERT_TRUE(set_page(locked, Vtl::Vtl0, page, {page, ReadWriteUserExecute}));
    EXPECT_EQ(locked->of(Vtl::Vtl0).nested.find(page)->rights, (LeafRights{true, false}));
    EXPECT_EQ(locked->user_view.find(page)->rights, (LeafRights{true, true}));
    EXPECT_EQ(find_page(locked, Vtl::Vtl0, page + base::page_size).rights, All);
}

TEST_F(PageViewTest, what_does_not_change_splits_nothing) {
    auto locked = partition.lock();
    ASSERT_TRUE(set_page(locked, Vtl::Vtl0, page, {page, All}));
    EXPECT_TRUE(locked->of(Vtl::Vtl0).nested.is_large(page));
    ASSERT_TRUE(set_page(locked, Vtl::Vtl0, page, {page, ReadWrite}));
    EXPECT_FALSE(locked->of(Vtl::Vtl0).nested.is_large(page));
    EXPECT_TRUE(locked->user_view.is_large(page)) << "writable and not executable before and after";
    EXPECT_FALSE(set_large_page(locked, Vtl::Vtl0, page, Read)) << "split";
}

TEST_F(PageViewTest, large_page_changes_as_one) {
    auto locked = partition.lock();
    ASSERT_TRUE(set_large_page(locked, Vtl::Vtl0, 0, ReadWriteUserExecute));
    EXPECT_EQ(find_page(locked, Vtl::Vtl0, 0x1f'f000).rights, ReadWriteUserExecute);
    EXPECT_EQ(find_page(locked, Vtl::Vtl0, 0x1f'f000).target, 0x1f'f000U);
    EXPECT_EQ(find_page(locked, Vtl::Vtl0, 0x20'0000).rights, All);
}

TEST_F(PageViewTest, without_memory_nothing_has_changed) {
    auto locked = partition.lock();
    while (locked->pool.allocate() != 0) {
    }
    EXPECT_FALSE(set_page(locked, Vtl::Vtl0, page, {page, ReadWriteUserExecute}));
    EXPECT_EQ(find_page(locked, Vtl::Vtl0, page).rights, All);
}

}  // namespace
}  // namespace hypervisor
