// SPDX-License-Identifier: MIT
// test-with: vtl1/boot/initial_tables.cpp vtl1/mm/frame_pool.cpp vtl1/mm/frame_list.cpp
// test-with: vtl1/boot/address_space.cpp vtl1/mm/page_tables.cpp selftests/host/panic.cpp
#include "vtl1/boot/initial_tables.h"

#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "vtl1/boot/address_space.h"
#include "vtl1/mm/address_map.h"

namespace vtl1 {
namespace {

struct alignas(page_size) AlignedPage {
    PageBytes bytes{};
};

constexpr usize frame_count = 48;
constexpr u64 first_frame = 0x100;
constexpr u64 no_execute = u64{1} << 63;

/// A machine whose driver has built page tables; written with raw numbers on purpose.
class InitialTables : public testing::Test {
protected:
    InitialTables() {
        base::must(list_.fill(std::vector<vtl1_frame_range>{{first_frame, frame_count}}));
        pool_.open({&pages_.front().bytes, frame_count});
        root_ = new_table();
        for (u64 i = 0; i < 4; ++i) {  // two segments with a hole: pages 0, 1 and 3
            if (i != 2) {
                map(VTL1_IMAGE_VA + i * page_size, frame(i), i < 2 ? 1 : no_execute | 3);
            }
        }
        map(VTL1_BOOT_INFO_VA, frame(4), no_execute | 1);
        for (u64 i = 0; i < frame_count; ++i) {
            map(VTL1_POOL_VA + i * page_size, frame(i), no_execute | 3);
        }
    }

    static u64 frame(u64 index) { return (first_frame + index) << 12; }

    u64 new_table() { return frame(next_table_++); }

    u64& entry(u64 table, u64 index) {
        const std::span<u64> words{reinterpret_cast<u64*>(&pages_.at((table >> 12) - first_frame)),
                                   512};
        return words[index];
    }

    u64& leaf(u64 address) {
        u64 table = root_;
        for (int shift = 39; shift > 12; shift -= 9) {
            u64& next = entry(table, address >> shift & 511);
            if ((next & 1) == 0) {
                next = new_table() | 3;
            }
            table = next & 0x000f'ffff'ffff'f000;
        }
        return entry(table, address >> 12 & 511);
    }

    void map(u64 address, u64 gpa, u64 bits) { leaf(address) = gpa | bits; }

    Result<void> check() {
        pool_.open({&pages_.front().bytes, frame_count});
        return check_initial_tables(pool_, Gpa{root_}, image_, 1, *image_frames_);
    }

    FrameList list_;
    std::vector<FrameUse> uses_ = std::vector<FrameUse>(frame_count);
    std::vector<AlignedPage> pages_ = std::vector<AlignedPage>(frame_count);
    FramePool pool_{list_, uses_};
    u64 next_table_ = 8;
    u64 root_ = 0;
    std::array<Segment, 2> image_{
        Segment{.first = image_start, .page_count = 2, .rights = PageRights::ReadExecute},
        Segment{.first = Hva{VTL1_IMAGE_VA + 3 * page_size},
                .page_count = 1,
                .rights = PageRights::ReadWrite}};
    std::unique_ptr<ImageFrames> image_frames_ = std::make_unique<ImageFrames>();
};

TEST_F(InitialTables, what_the_boot_abi_says_is_accepted_and_claimed) {
    ASSERT_TRUE(check().has_value());

    EXPECT_EQ((*image_frames_)[1], Gpa{frame(1)});
    EXPECT_EQ((*image_frames_)[2], Gpa{});
    EXPECT_EQ((*image_frames_)[3], Gpa{frame(3)});
    EXPECT_EQ(pool_.use_of(FrameIndex{0}), FrameUse::Image);
    EXPECT_EQ(pool_.use_of(FrameIndex{2}), FrameUse::Free);
    EXPECT_EQ(pool_.use_of(FrameIndex{4}), FrameUse::BootInfo);
    EXPECT_EQ(pool_.use_of(FrameIndex{8}), FrameUse::InitialTable);
    EXPECT_EQ(pool_.free_count(), frame_count - 4 - (next_table_ - 8));
}

TEST_F(InitialTables, one_frame_cannot_be_two_pages) {
    map(VTL1_IMAGE_VA + page_size, frame(0), 1);
    EXPECT_EQ(check(), fail(Error::Refused));
}

TEST_F(InitialTables, a_page_cannot_lie_in_a_table) {
    map(VTL1_IMAGE_VA + page_size, root_, 1);
    EXPECT_EQ(check(), fail(Error::Refused));
}

TEST_F(InitialTables, a_frame_must_be_vtl1s_own) {
    map(VTL1_IMAGE_VA, frame(frame_count), 1);
    EXPECT_EQ(check(), fail(Error::BadAddress));
}

TEST_F(InitialTables, the_boot_info_must_be_vtl1s_own) {
    map(VTL1_BOOT_INFO_VA, frame(frame_count), no_execute | 1);
    EXPECT_EQ(check(), fail(Error::BadAddress));
}

TEST_F(InitialTables, a_table_must_be_vtl1s_own) {
    entry(root_, 100) = frame(frame_count) | 3;
    EXPECT_EQ(check(), fail(Error::BadAddress));
}

TEST_F(InitialTables, a_table_is_used_once) {
    entry(root_, 100) = root_ | 3;
    EXPECT_EQ(check(), fail(Error::Refused));
}

TEST_F(InitialTables, the_root_must_be_vtl1s_own) {
    root_ = frame(frame_count);
    EXPECT_EQ(check(), fail(Error::BadAddress));
}

TEST_F(InitialTables, nothing_else_is_mapped) {
    for (const u64 address : std::initializer_list<u64>{
             0x400000, VTL1_IMAGE_VA + 2 * page_size, VTL1_IMAGE_VA + 4 * page_size,
             VTL1_IMAGE_VA - page_size, VTL1_BOOT_INFO_VA + page_size, VTL1_POOL_VA - page_size,
             VTL1_POOL_VA + frame_count * page_size, 0xffffffffffe00000}) {
        const auto pages = pages_;
        const u64 next_table = next_table_;
        map(address, frame(5), no_execute | 3);
        EXPECT_EQ(check(), fail(Error::BadArgument)) << std::hex << address;
        pages_ = pages;
        next_table_ = next_table;
    }
    EXPECT_TRUE(check().has_value());
}

TEST_F(InitialTables, every_page_is_mapped) {
    for (const u64 address :
         std::initializer_list<u64>{VTL1_IMAGE_VA + page_size, VTL1_BOOT_INFO_VA, VTL1_POOL_VA,
                                    VTL1_POOL_VA + (frame_count - 1) * page_size}) {
        const u64 before = leaf(address);
        leaf(address) = 0;
        EXPECT_EQ(check(), fail(Error::BadArgument)) << std::hex << address;
        leaf(address) = before;
    }
}

TEST_F(InitialTables, rights_are_the_segments) {
    for (const u64 bits : {u64{3}, no_execute | 1, no_execute | 3}) {  // of an executable page
        map(VTL1_IMAGE_VA, frame(0), bits);
        EXPECT_EQ(check(), fail(Error::BadArgument)) << bits;
    }
    map(VTL1_IMAGE_VA, frame(0), 1);
    map(VTL1_IMAGE_VA + 3 * page_size, frame(3), 3);  // writable and executable
    EXPECT_EQ(check(), fail(Error::BadArgument));
}

TEST_F(InitialTables, the_pool_is_in_order_and_not_executable) {
    map(VTL1_POOL_VA, frame(1), no_execute | 3);
    EXPECT_EQ(check(), fail(Error::BadArgument));
    map(VTL1_POOL_VA, frame(0), 3);
    EXPECT_EQ(check(), fail(Error::BadArgument));
}

TEST_F(InitialTables, large_pages_are_refused) {
    const u64 table = entry(root_, 511) & 0x000f'ffff'ffff'f000;
    entry(table, 0) = frame(5) | no_execute | 0x83;
    EXPECT_EQ(check(), fail(Error::BadArgument));
}

TEST_F(InitialTables, translate_follows_own_tables_only) {
    EXPECT_EQ(translate(pool_, Gpa{root_}, Hva{VTL1_IMAGE_VA + page_size}), Gpa{frame(1)});
    EXPECT_EQ(translate(pool_, Gpa{root_}, Hva{VTL1_IMAGE_VA + 2 * page_size}),
              fail(Error::BadAddress));
    EXPECT_EQ(translate(pool_, Gpa{0}, Hva{VTL1_IMAGE_VA}), fail(Error::BadAddress));
    entry(root_, 100) = u64{0xdead'0000} | 3;
    EXPECT_EQ(translate(pool_, Gpa{root_}, Hva{u64{100} << 39}), fail(Error::BadAddress));
}

// VTL1's own tables: no frame of the image or of a CPU area has a second address.
TEST_F(InitialTables, the_final_pool_leaves_out_what_has_an_address) {
    base::must(check());
    PageTables tables = base::must(PageTables::create(pool_));
    base::must(map_image(tables, image_, *image_frames_));
    const FrameIndex area = base::must(pool_.take(1, FrameUse::CpuArea));
    base::must(map_pool(tables, pool_));

    const auto entry_at = [&](u64 address) {
        return base::must(tables.entry_of(Hva{address}))->raw();
    };
    EXPECT_EQ(entry_at(VTL1_IMAGE_VA), frame(0) | 1);
    EXPECT_EQ(entry_at(VTL1_IMAGE_VA + 3 * page_size), frame(3) | 3 | no_execute);
    for (u64 i = 0; i < frame_count; ++i) {
        const FrameUse use = pool_.use_of(FrameIndex{static_cast<u32>(i)});
        const bool is_left_out = use == FrameUse::Image || FrameIndex{static_cast<u32>(i)} == area;
        EXPECT_EQ(entry_at(VTL1_POOL_VA + i * page_size),
                  is_left_out ? 0 : frame(i) | 3 | no_execute);
    }
}

}  // namespace
}  // namespace vtl1
