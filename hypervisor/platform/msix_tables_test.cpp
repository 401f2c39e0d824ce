// SPDX-License-Identifier: MIT
// test-with: hypervisor/platform/msix_tables.cpp
// test-with: hypervisor/tlfs/page_view.cpp hypervisor/tlfs/partition.cpp
// test-with: selftests/host/lock_ranks.cpp
// test-with: hypervisor/npt/page_table.cpp hypervisor/npt/frame_pool.cpp
// test-with: hypervisor/boot/memory_map.cpp base/text.cpp selftests/host/panic.cpp
#include "hypervisor/platform/msix_tables.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "hypervisor/platform/device_window.h"
#include "hypervisor/tlfs/page_view.h"

namespace hypervisor {
namespace {

struct Store {
    u64 gpa;
    unsigned width;
    u64 value;

    friend bool operator==(const Store&, const Store&) = default;
};

std::vector<Store> stores;

}  // namespace

void device_window::store(LockedPartition::Guard& /*locked*/, u64 gpa, unsigned width, u64 value) {
    stores.push_back({gpa, width, value});
}

}  // namespace hypervisor

namespace hypervisor::pci {
namespace {

constexpr Function disk = 0x08;
constexpr Function card = 0x110;  // on bus 1
constexpr u64 page = 0x20'3000;
constexpr u64 next_page = page + base::page_size;

/// 4 MiB that are all a device's.
class MsixTablesTest : public testing::Test {
protected:
    static constexpr usize frames = 32;

    void SetUp() override {
        stores.clear();
        auto locked = partition.lock();
        *locked = Partition{};
        locked->pool = FramePool{reinterpret_cast<u64>(memory_.get()), frames * base::page_size};
        for (PageTable* table : {&locked->of(Vtl::Vtl0).nested, &locked->user_view}) {
            *table = base::must(PageTable::create(locked->pool));
            for (u64 gpa = 0; gpa < 2 * large_page_size; gpa += large_page_size) {
                base::must(
                    table->map_large(locked->pool, gpa, {.writable = true, .executable = false}));
            }
        }
    }

    void TearDown() override {
        auto locked = partition.lock();
        for (u32 function = 0; function < 0x200; ++function) {
            release_table(locked, static_cast<Function>(function));
        }
        locked->pool.reclaim();
    }

    /// Whether VTL0 can write at CPL 0 and at CPL 3; they must agree.
    static bool is_writable(LockedPartition::Guard& locked, u64 gpa) {
        const std::optional<Leaf> kernel = locked->of(Vtl::Vtl0).nested.find(gpa);
        const std::optional<Leaf> user = locked->user_view.find(gpa);
        EXPECT_TRUE(kernel && user && kernel->rights == user->rights && kernel->target == gpa);
        EXPECT_FALSE(kernel->rights.executable);
        return kernel->rights.writable;
    }

    std::unique_ptr<void, decltype(&std::free)> memory_{
        std::aligned_alloc(base::page_size, frames* base::page_size), &std::free};
};

TEST_F(MsixTablesTest, pages_are_closed_in_both_views_and_come_back) {
    auto locked = partition.lock();
    ASSERT_TRUE(guard_table(locked, disk, {page + 0xff0, next_page + 0x10}));
    EXPECT_FALSE(is_writable(locked, page));
    EXPECT_FALSE(is_writable(locked, next_page));
    EXPECT_TRUE(is_writable(locked, page - base::page_size));
    EXPECT_TRUE(is_writable(locked, next_page + base::page_size));
    EXPECT_TRUE(is_table_page(locked, page) && is_table_page(locked, next_page + 0xfff));
    release_table(locked, disk);
    EXPECT_TRUE(is_writable(locked, page) && is_writable(locked, next_page));
    EXPECT_FALSE(is_table_page(locked, page));
    EXPECT_TRUE(locked->user_view.is_large(page)) << "joined again";
}

TEST_F(MsixTablesTest, a_table_that_moves_leaves_its_old_pages) {
    auto locked = partition.lock();
    ASSERT_TRUE(guard_table(locked, disk, {page, page + 0x10}));
    ASSERT_TRUE(guard_table(locked, disk, {next_page, next_page + 0x10}));
    EXPECT_TRUE(is_writable(locked, page));
    EXPECT_FALSE(is_writable(locked, next_page));
}

TEST_F(MsixTablesTest, a_page_that_two_functions_share_stays_closed_for_the_other) {
    auto locked = partition.lock();
    ASSERT_TRUE(guard_table(locked, disk, {page, page + 0x20}));
    ASSERT_TRUE(guard_table(locked, card, {page + 0x800, page + 0x820}));
    release_table(locked, disk);
    EXPECT_FALSE(is_writable(locked, page));
    EXPECT_TRUE(write_table_for_guest(locked, page + 8, 4, 0x421)) << "no table any more";
    EXPECT_FALSE(write_table_for_guest(locked, page + 0x808, 4, 0x421));
    release_table(locked, card);
    EXPECT_TRUE(is_writable(locked, page));
}

TEST_F(MsixTablesTest, only_allowed_stores_arrive) {
    auto locked = partition.lock();
    ASSERT_TRUE(guard_table(locked, disk, {page, page + 0x20}));
    EXPECT_TRUE(write_table_for_guest(locked, page + 0x10, 4, 0xfee0'0000));
    EXPECT_FALSE(write_table_for_guest(locked, page + 0x10, 4, 0x1000));
    EXPECT_FALSE(write_table_for_guest(locked, page + 0x18, 4, 0x500)) << "INIT";
    EXPECT_TRUE(write_table_for_guest(locked, page + 0x25, 1, 0x77)) << "behind the table";
    EXPECT_FALSE(write_table_for_guest(locked, page + 0x0e, 4, 0)) << "unaligned";
    EXPECT_FALSE(write_table_for_guest(locked, page + 0xffe, 4, 0)) << "into the next page";
    EXPECT_FALSE(write_table_for_guest(locked, next_page, 4, 0)) << "no table's page";
    EXPECT_EQ(stores, (std::vector<Store>{{page + 0x10, 4, 0xfee0'0000}, {page + 0x25, 1, 0x77}}));
}

TEST_F(MsixTablesTest, too_many_tables_are_refused_and_the_list_recovers) {
    auto locked = partition.lock();
    for (u32 i = 0; i < max_msix_tables; ++i) {
        ASSERT_TRUE(guard_table(locked, static_cast<Function>(i), {page, page + 0x10}));
    }
    EXPECT_FALSE(guard_table(locked, card, {next_page, next_page + 0x10}));
    EXPECT_TRUE(is_writable(locked, next_page));
    EXPECT_TRUE(guard_table(locked, disk, {next_page, next_page + 0x10})) << "in its own place";
    release_table(locked, disk);
    EXPECT_TRUE(guard_table(locked, card, {next_page, next_page + 0x10}));
}

TEST_F(MsixTablesTest, without_frames_for_page_tables_nothing_is_guarded) {
    auto locked = partition.lock();
    while (locked->pool.allocate() != 0) {
    }
    EXPECT_FALSE(guard_table(locked, disk, {page, page + 0x10}));
    EXPECT_TRUE(is_writable(locked, page));
    EXPECT_FALSE(is_table_page(locked, page));
}

TEST_F(MsixTablesTest, past_what_vtl0_reaches_nothing_is_mapped) {
    auto locked = partition.lock();
    for (const u64 far : {u64{1} << 45, u64{1} << 51}) {
        ASSERT_TRUE(guard_table(locked, disk, {far, far + 0x10}));
        EXPECT_FALSE(locked->of(Vtl::Vtl0).nested.find(far));
    }
}

TEST_F(MsixTablesTest, buses_with_tables) {
    auto locked = partition.lock();
    ASSERT_TRUE(guard_table(locked, disk, {page, page + 0x10}));
    EXPECT_FALSE(is_table_behind(locked, 0, 255)) << "the root bus has no number to change";
    ASSERT_TRUE(guard_table(locked, card, {page, page + 0x10}));
    EXPECT_TRUE(is_table_behind(locked, 0, 1));
    EXPECT_TRUE(is_table_behind(locked, 1, 1));
    EXPECT_FALSE(is_table_behind(locked, 2, 255));
}

}  // namespace
}  // namespace hypervisor::pci
