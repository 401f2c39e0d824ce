// SPDX-License-Identifier: MIT
// test-with: selftests/host/panic.cpp
#include "hypervisor/boot/bytes.h"

#include <array>
#include <cstdint>
#include <gtest/gtest.h>

namespace hypervisor {
namespace {

static_assert(is_within(8, 0, 8));
static_assert(is_within(8, 8, 0));
static_assert(!is_within(8, 9, 0));
static_assert(!is_within(8, 1, 8));
static_assert(!is_within(8, ~u64{0}, 2), "the sum would wrap");
static_assert(!is_within(8, 2, ~u64{0}), "the sum would wrap");

TEST(bytes, numbers_are_little_endian_and_need_no_alignment) {
    std::array<std::byte, 11> bytes{};
    write_number(bytes, 1, std::uint64_t{0x8877'6655'4433'2211});
    EXPECT_EQ(bytes[0], std::byte{0});
    EXPECT_EQ(bytes[1], std::byte{0x11});
    EXPECT_EQ(bytes[8], std::byte{0x88});
    EXPECT_EQ(bytes[9], std::byte{0});
    EXPECT_EQ(read_number<std::uint64_t>(bytes, 1), 0x8877'6655'4433'2211U);
    EXPECT_EQ(read_number<std::uint32_t>(bytes, 3), 0x6655'4433U);
    EXPECT_EQ(read_number<std::uint16_t>(bytes, 7), 0x8877U);
    EXPECT_EQ(read_number<std::uint8_t>(bytes, 8), 0x88U);
}

TEST(bytes, nothing_is_read_past_the_end) {
    const std::array<std::byte, 8> bytes{};
    EXPECT_TRUE(read_number<std::uint32_t>(bytes, 4).has_value());
    EXPECT_EQ(read_number<std::uint32_t>(bytes, 5).error(), base::Error::BadAddress);
    EXPECT_EQ(read_number<std::uint8_t>(bytes, 8).error(), base::Error::BadAddress);
    EXPECT_EQ(read_number<std::uint64_t>(bytes, ~u64{0}).error(), base::Error::BadAddress);
}

TEST(bytes_death, a_write_past_the_end_stops_the_machine) {
    std::array<std::byte, 8> bytes{};
    EXPECT_DEATH(write_number(bytes, 5, std::uint32_t{1}), "past the end");
}

}  // namespace
}  // namespace hypervisor
