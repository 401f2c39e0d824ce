// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/page_tables.cpp vtl1/mm/frame_pool.cpp
// test-with: vtl1/mm/frame_list.cpp selftests/host/panic.cpp
#include "vtl1/mm/page_tables.h"

#include <gtest/gtest.h>
#include <vector>

#include "vtl1/mm/address_map.h"

namespace vtl1 {
namespace {

struct alignas(page_size) AlignedPage {
    PageBytes bytes{};
};

static_assert(sizeof(AlignedPage) == sizeof(PageBytes));

class PageTablesTest : public testing::Test {
protected:
    PageTablesTest() {
        base::must(list_.fill(std::vector<vtl1_frame_range>{{0x1000, frame_count}}));
        pool_.open({&pages_.front().bytes, frame_count});
    }

    // Walks as the CPU does, apart from the code under test.
    PageTableEntry walk(Gpa root, u64 address) {
        u64 table = root.raw();
        for (int shift = 39; shift > 12; shift -= 9) {
            const u64 entry = raw_entry(table, address >> shift & 511);
            if ((entry & 1) == 0) {
                return PageTableEntry{};
            }
            EXPECT_EQ(entry & 0x8000'0000'0000'0004, 0) << "kernel only, limited below only";
            table = entry & 0x000f'ffff'ffff'f000;
        }
        return PageTableEntry::from_raw(raw_entry(table, address >> 12 & 511));
    }

    u64 raw_entry(u64 table, u64 index) {
        const PageBytes& page = pages_.at((table >> 12) - 0x1000).bytes;
        return base::load_wire<u64>(page, index * 8);
    }

    static constexpr usize frame_count = 16;
    FrameList list_;
    std::vector<FrameUse> uses_ = std::vector<FrameUse>(frame_count);
    std::vector<AlignedPage> pages_ = std::vector<AlignedPage>(frame_count);
    FramePool pool_{list_, uses_};
};

TEST_F(PageTablesTest, maps_with_the_rights_asked_for) {
    PageTables tables = base::must(PageTables::create(pool_));
    base::must(tables.map(image_start, Gpa{0x5000}, PageRights::ReadExecute));
    base::must(tables.map(Hva{image_start.raw() + page_size}, Gpa{0x9000}, PageRights::ReadOnly));
    base::must(tables.map(cpu_areas_start, Gpa{0x7000}, PageRights::ReadWrite));

    EXPECT_EQ(walk(tables.root(), image_start.raw()).raw(), 0x5001);
    EXPECT_EQ(walk(tables.root(), image_start.raw() + page_size).raw(), 0x8000'0000'0000'9001);
    EXPECT_EQ(walk(tables.root(), cpu_areas_start.raw()).raw(), 0x8000'0000'0000'7003);
    EXPECT_EQ(walk(tables.root(), cpu_areas_start.raw() + page_size).raw(), 0);
    EXPECT_EQ(walk(tables.root(), pool_start.raw()).raw(), 0);
}

TEST_F(PageTablesTest, maps_a_page_once) {
    PageTables tables = base::must(PageTables::create(pool_));
    base::must(tables.map(image_start, Gpa{0x5000}, PageRights::ReadOnly));
    EXPECT_EQ(tables.map(image_start, Gpa{0x6000}, PageRights::ReadOnly), fail(Error::Refused));
}

TEST_F(PageTablesTest, says_when_memory_is_used_up) {
    PageTables tables = base::must(PageTables::create(pool_));
    base::must(pool_.take(frame_count - 3, FrameUse::Data));
    EXPECT_EQ(tables.map(image_start, Gpa{0x5000}, PageRights::ReadOnly), fail(Error::NoMemory));
}

TEST(PageTableEntry, never_writable_and_executable) {
    for (const auto rights :
         {PageRights::ReadOnly, PageRights::ReadWrite, PageRights::ReadExecute}) {
        const auto entry = PageTableEntry::page(Gpa{0x1000}, rights);
        EXPECT_TRUE(!entry.get(PageTableEntry::writable) || entry.get(PageTableEntry::no_execute));
    }
}

}  // namespace
}  // namespace vtl1
