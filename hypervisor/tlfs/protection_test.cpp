// SPDX-License-Identifier: MIT
// test-with: selftests/host/panic.cpp
#include "hypervisor/tlfs/protection.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>

namespace hypervisor {
namespace {

using enum PageRights;
using Config = VsmPartitionConfig;

constexpr u16 invalid_value = TLFS_STATUS_INVALID_REGISTER_VALUE;

constexpr bool are_refused(u32 map_flags, bool has_mbec = false) {
    const auto rights = parse_page_rights(map_flags, has_mbec);
    return !rights.has_value() && rights.error() == invalid_value;
}

// R 1, W 2, KX 4, UX 8
static_assert(parse_page_rights(0x0, false) == None);
static_assert(parse_page_rights(0x1, false) == Read);
static_assert(parse_page_rights(0x3, false) == ReadWrite);
static_assert(parse_page_rights(0xd, false) == ReadExecute);
static_assert(parse_page_rights(0xf, false) == All);
static_assert(are_refused(0x5) && are_refused(0x7), "kernel execution alone");
static_assert(are_refused(0x9) && are_refused(0xb), "user execution alone needs MBEC");
static_assert(are_refused(0x2) && are_refused(0x4) && are_refused(0x8) && are_refused(0xc) &&
                  are_refused(0xe) && are_refused(0x6) && are_refused(0xa),
              "nothing without read");

static_assert(parse_page_rights(0x9, true) == ReadUserExecute);
static_assert(parse_page_rights(0xb, true) == ReadWriteUserExecute);
static_assert(are_refused(0x5, true) && are_refused(0x7, true), "kernel execution alone");
static_assert(common(All, ReadWrite) == ReadWrite && common(ReadWriteUserExecute, Read) == Read);

TEST(page_rights, exactly_five_values_are_accepted) {
    constexpr std::array<u32, 5> valid{0x0, 0x1, 0x3, 0xd, 0xf};
    for (u32 flags = 0; flags < 0x20'0000; ++flags) {
        ASSERT_EQ(!are_refused(flags), std::ranges::contains(valid, flags)) << flags;
    }
}

TEST(page_rights, two_more_with_mbec) {
    constexpr std::array<u32, 7> valid{0x0, 0x1, 0x3, 0x9, 0xb, 0xd, 0xf};
    for (u32 flags = 0; flags < 0x1'0000; ++flags) {
        ASSERT_EQ(!are_refused(flags, true), std::ranges::contains(valid, flags)) << flags;
    }
}

TEST(page_rights, each_bit_above_the_rights_is_refused) {
    for (u32 bit = 4; bit < 32; ++bit) {
        EXPECT_TRUE(are_refused(1U << bit)) << bit;
        EXPECT_TRUE(are_refused(0xf | 1U << bit)) << bit;
    }
}

std::expected<Config, u16> parse(u64 current, u64 requested) {
    return parse_partition_config(Config::from_raw(current), requested);
}

constexpr u64 enabled_all = 0x1f;         // protection, default rights All
constexpr u64 enabled_read_write = 0x07;  // protection, default rights ReadWrite

TEST(partition_config, takes_the_known_fields) {
    const auto config = parse(0, 0x27f);
    ASSERT_TRUE(config.has_value());
    EXPECT_EQ(config->raw(), 0x27fU);
    EXPECT_TRUE(config->get(Config::enable_vtl_protection));
    EXPECT_EQ(config->default_rights(), All);
    EXPECT_TRUE(config->get(Config::zero_memory_on_reset));
    EXPECT_TRUE(config->get(Config::deny_lower_vtl_startup));
    EXPECT_TRUE(config->get(Config::intercept_vp_startup));
    EXPECT_EQ(parse(0, enabled_read_write)->default_rights(), ReadWrite);
}

TEST(partition_config, each_unknown_bit_is_refused) {
    for (u32 bit = 7; bit < 64; ++bit) {
        if (bit == 9) {
            continue;
        }
        const auto config = parse(0, enabled_all | u64{1} << bit);
        ASSERT_FALSE(config.has_value()) << bit;
        EXPECT_EQ(config.error(), invalid_value);
    }
}

TEST(partition_config, the_default_rights_must_let_vtl0_run) {
    for (u64 mask = 0; mask < 16; ++mask) {
        for (const u64 enable : {u64{0}, u64{1}}) {
            EXPECT_EQ(parse(0, mask << 1 | enable).has_value(), mask == 0x3 || mask == 0xf) << mask;
        }
    }
}

TEST(partition_config, protection_stays_enabled) {
    EXPECT_TRUE(parse(0, enabled_all & ~u64{1}).has_value());
    EXPECT_EQ(parse(enabled_all, enabled_all & ~u64{1}).error(), invalid_value);
    EXPECT_TRUE(parse(enabled_all, enabled_all).has_value());
}

TEST(partition_config, default_rights_are_fixed_once_enabled) {
    EXPECT_EQ(parse(enabled_all, enabled_read_write).error(), invalid_value);
    EXPECT_EQ(parse(enabled_read_write, enabled_all).error(), invalid_value);
    EXPECT_TRUE(parse(enabled_read_write & ~u64{1}, enabled_all).has_value());
}

TEST(partition_config, the_other_bits_may_change_later) {
    EXPECT_TRUE(parse(enabled_all, enabled_all | 0x260).has_value());
    EXPECT_TRUE(parse(enabled_all | 0x260, enabled_all).has_value());
}

}  // namespace
}  // namespace hypervisor
