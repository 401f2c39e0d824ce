// SPDX-License-Identifier: MIT
#include "hypervisor/platform/msix_rules.h"

#include <gtest/gtest.h>

namespace hypervisor::pci {
namespace {

constexpr u64 base_address = 0xd000'2000;
constexpr MemoryExtent table{base_address + 0x20, base_address + 0x20 + 2 * msix_entry_bytes};
constexpr u64 second = table.first + msix_entry_bytes;

bool may(u64 gpa, unsigned width, u64 value) {
    return is_table_store_allowed(table, gpa, width, value);
}

TEST(MsixRules, size_is_one_more_than_the_capability_says) {
    EXPECT_EQ(msix_table_bytes(0x0000'0011), 16U);
    EXPECT_EQ(msix_table_bytes(0x8002'0011), 48U) << "enabled";
    EXPECT_EQ(msix_table_bytes(0xffff'0011), 2048U * 16);
}

TEST(MsixRules, what_linux_writes_goes_through) {
    EXPECT_TRUE(may(second, 4, 0xfee0'1004));
    EXPECT_TRUE(may(second + 4, 4, 0));
    EXPECT_TRUE(may(second + 8, 4, 0x4021));
    EXPECT_TRUE(may(second + 12, 4, 1)) << "mask";
    EXPECT_TRUE(may(second + 12, 4, 0));
    EXPECT_TRUE(may(second, 4, 0)) << "given back";
    EXPECT_TRUE(may(second, 8, 0xfee0'1004));
    EXPECT_TRUE(may(second + 8, 8, 0x1'0000'0121)) << "lowest priority, masked";
}

TEST(MsixRules, no_part_of_a_message_elsewhere_or_of_another_mode) {
    EXPECT_FALSE(may(second, 4, 0x1000)) << "memory";
    EXPECT_FALSE(may(second, 4, 0xfed0'0000));
    EXPECT_FALSE(may(second, 4, 0xfef0'0000));
    EXPECT_FALSE(may(second + 4, 4, 1)) << "above 4 GiB";
    for (u64 mode = 2; mode < 8; ++mode) {
        EXPECT_FALSE(may(second + 8, 4, mode << 8 | 0x21)) << "mode " << mode;
        EXPECT_FALSE(may(table.first + 8, 4, mode << 8 | 0x21)) << "mode " << mode;
    }
    EXPECT_FALSE(may(second, 8, 0x1'fee0'1004));
    EXPECT_FALSE(may(second, 8, 0x1000));
    EXPECT_FALSE(may(second + 8, 8, 0x1'0000'0421)) << "masked NMI";
}

TEST(MsixRules, parts_of_a_register_are_not_written) {
    EXPECT_FALSE(may(second + 9, 1, 4));
    EXPECT_FALSE(may(second + 8, 2, 0x21));
    EXPECT_FALSE(may(second + 12, 1, 0));
}

TEST(MsixRules, the_rest_of_the_page_is_the_devices) {
    EXPECT_TRUE(may(table.first - 8, 8, ~u64{0}));
    EXPECT_TRUE(may(table.first - 4, 4, 0x500));
    EXPECT_TRUE(may(table.end, 4, 0x500));
    EXPECT_TRUE(may(table.end, 1, 0xff));
    EXPECT_FALSE(may(table.end - 8, 4, 0x500)) << "the last entry";
}

}  // namespace
}  // namespace hypervisor::pci
