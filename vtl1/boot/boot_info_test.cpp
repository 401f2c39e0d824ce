// SPDX-License-Identifier: MIT
// test-with: vtl1/boot/boot_info.cpp selftests/host/panic.cpp
#include "vtl1/boot/boot_info.h"

#include <functional>
#include <gtest/gtest.h>
#include <vector>

namespace vtl1 {
namespace {

constexpr usize area_bytes = VTL1_BOOT_INFO_PAGES_MAX * page_size;

/// Boot info as a driver would write it.
struct Area {
    Area() : bytes(area_bytes) { write(good_header()); }

    static vtl1_boot_info good_header() {
        return {.magic = VTL1_BOOT_MAGIC,
                .abi_version = VTL1_BOOT_ABI_VERSION,
                .size_bytes = 80 + 2 * 16 + 3 * 16 + 4 * 4,
                .frame_range_count = 2,
                .ram_range_count = 3,
                .vp_count = 4,
                .offline_vp_count = 3,
                .seed = {1, 2, 3, 4},
                .manifest_gpa = 0,
                .manifest_bytes = 0};
    }

    void write(const vtl1_boot_info& header) { base::store_wire(bytes, 0, header); }

    std::vector<std::byte> bytes;
};

TEST(BootInfo, finds_its_tables) {
    Area area;
    base::store_wire(area.bytes, 80, vtl1_frame_range{0x10, 1});
    base::store_wire(area.bytes, 96, vtl1_frame_range{0x20, 2});
    base::store_wire(area.bytes, 112, vtl1_frame_range{0, 0x1000});
    base::store_wire(area.bytes, 160, u32{7});
    base::store_wire(area.bytes, 172, u32{9});

    const auto info = BootInfo::parse(area.bytes);

    ASSERT_TRUE(info.has_value());
    ASSERT_EQ(info->own_frames().size(), 2);
    EXPECT_EQ(info->own_frames()[1].frame_count, 2);
    ASSERT_EQ(info->ram().size(), 3);
    EXPECT_EQ(info->ram()[0].frame_count, 0x1000);
    ASSERT_EQ(info->vp_indices().size(), 4);
    EXPECT_EQ(info->vp_indices()[0], 7);
    EXPECT_EQ(info->vp_indices()[3], 9);
    EXPECT_EQ(info->page_count(), 1);
}

TEST(BootInfo, refuses_every_malformed_header) {
    const std::vector<std::function<void(vtl1_boot_info&)>> mistakes{
        [](auto& h) { h.magic ^= 1; },
        [](auto& h) { h.abi_version = 2; },
        [](auto& h) { h.abi_version = 0; },
        [](auto& h) { h.offline_vp_count = 4; },  // the boot VP is online
        [](auto& h) { h.size_bytes -= 1; },
        [](auto& h) { h.size_bytes += 4; },
        [](auto& h) { h.size_bytes = 0; },
        [](auto& h) { h.size_bytes = ~u32{0}; },
        [](auto& h) { h.frame_range_count = 0; },
        [](auto& h) { h.ram_range_count = 0; },
        [](auto& h) { h.vp_count = 0; },
        [](auto& h) { h.frame_range_count = ~u32{0}; },
        [](auto& h) { h.frame_range_count += 0x1000'0000; },  // 32-bit size would be the same
        [](auto& h) { h.vp_count += 0x4000'0000; },
        [](auto& h) {
            h.ram_range_count = VTL1_RAM_RANGES_MAX + 1;
            h.size_bytes = 80 + 2 * 16 + (VTL1_RAM_RANGES_MAX + 1) * 16 + 4 * 4;
        },
        [](auto& h) {
            h.vp_count = VTL1_VP_COUNT_MAX + 1;
            h.size_bytes = 80 + 2 * 16 + 3 * 16 + (VTL1_VP_COUNT_MAX + 1) * 4;
        },
        [](auto& h) {  // more than 16 pages
            h.frame_range_count = 4096;
            h.size_bytes = 80 + 4096 * 16 + 3 * 16 + 4 * 4;
        },
        [](auto& h) { h.manifest_gpa = 0x1000; },
        [](auto& h) { h.manifest_bytes = 1; },
        [](auto& h) {
            h.manifest_gpa = 0x1001;
            h.manifest_bytes = 1;
        },
    };
    for (usize i = 0; i < mistakes.size(); ++i) {
        Area area;
        vtl1_boot_info header = Area::good_header();
        mistakes[i](header);
        area.write(header);
        EXPECT_FALSE(BootInfo::parse(area.bytes).has_value()) << "mistake " << i;
    }
}

TEST(BootInfo, reads_nothing_past_what_is_there) {
    Area area;
    EXPECT_TRUE(BootInfo::parse(std::span{area.bytes}.first(176)).has_value());
    EXPECT_FALSE(BootInfo::parse(std::span{area.bytes}.first(175)).has_value());
    EXPECT_FALSE(BootInfo::parse(std::span{area.bytes}.first(79)).has_value());
    EXPECT_FALSE(BootInfo::parse({}).has_value());
}

TEST(VpList, the_boot_vp_is_first_and_none_is_twice) {
    using List = std::vector<u32>;
    VpList list;
    EXPECT_TRUE(list.fill(List{2, 0, 1}, 2).has_value());
    EXPECT_EQ(list.all().size(), 3);

    EXPECT_FALSE(list.fill(List{0, 2}, 2).has_value());
    EXPECT_FALSE(list.fill(List{2, 0, 2}, 2).has_value());
    EXPECT_FALSE(list.fill(List{2, 1, 1}, 2).has_value());
    EXPECT_FALSE(list.fill(List{2, 0xffff'fffe}, 2).has_value());
    EXPECT_FALSE(list.fill(List{2, 0xffff'ffff}, 2).has_value());
    EXPECT_FALSE(list.fill(List{}, 2).has_value());
    EXPECT_FALSE(list.fill(List(VTL1_VP_COUNT_MAX + 1, 2), 2).has_value());
    EXPECT_EQ(list.all().size(), 3) << "an error leaves it as it was";
}

}  // namespace
}  // namespace vtl1
