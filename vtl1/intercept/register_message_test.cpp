// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/register_message.cpp policies/pinned_registers.cpp
// selftests/host/panic.cpp
#include "vtl1/intercept/register_message.h"

#include <gtest/gtest.h>

namespace vtl1 {
namespace {

using policies::Pin;

// Offsets of tlfs.rst 4.6, counted in the payload.
void put(tlfs_message& message, usize offset, const auto& value) {
    base::store_wire(std::as_writable_bytes(std::span{message.payload}), offset, value);
}

tlfs_message message_of(u32 type) {
    tlfs_message message{};
    message.header.type = type;
    message.header.payload_bytes = 0x40;
    put(message, 4, u8{0xf3});      // CR8, and three bytes
    put(message, 5, u8{1});         // a write
    put(message, 6, u16{0x14});     // LMA, PE
    put(message, 22, u16{0xa09b});  // CS: L
    put(message, 24, u64{0xffff'ffff'8123'4567});
    return message;
}

tlfs_message register_message(u32 name) {
    tlfs_message message = message_of(0x8001'0006);
    put(message, 44, name);
    put(message, 48, u64{0x1122});
    put(message, 56, u64{0x3344});
    return message;
}

tlfs_message msr_message(u32 msr) {
    tlfs_message message = message_of(0x8001'0001);
    put(message, 40, msr);
    put(message, 48, u64{0xdead'0000'1111'2222});  // RDX, of which the lower half counts
    put(message, 56, u64{0xbeef'0000'3333'4444});
    return message;
}

TEST(RegisterIntercept, takes_register_value_and_where) {
    const auto intercept = parse_register_intercept(register_message(TLFS_REG_CR4));
    ASSERT_TRUE(intercept.has_value());
    EXPECT_EQ(intercept->pin, Pin::Cr4);
    EXPECT_EQ(intercept->value.low, 0x1122);
    EXPECT_EQ(intercept->value.high, 0x3344);
    EXPECT_FALSE(intercept->is_in_memory);
    EXPECT_EQ(intercept->rip, 0xffff'ffff'8123'4567);
    EXPECT_EQ(intercept->next_rip, 0xffff'ffff'8123'456a);
}

TEST(RegisterIntercept, takes_an_msr_from_two_halves) {
    const auto intercept = parse_register_intercept(msr_message(0xc000'0082));
    ASSERT_TRUE(intercept.has_value());
    EXPECT_EQ(intercept->pin, Pin::Lstar);
    EXPECT_EQ(intercept->value.low, 0x1111'2222'3333'4444);
}

TEST(RegisterIntercept, knows_operands_in_memory_and_the_size_of_code) {
    tlfs_message message = register_message(TLFS_REG_IDTR);
    put(message, 40, u8{1});
    EXPECT_TRUE(parse_register_intercept(message)->is_in_memory);
    EXPECT_TRUE(parse_register_intercept(message)->is_64_bit_code);
    put(message, 22, u16{0xc09b});  // CS: D
    EXPECT_FALSE(parse_register_intercept(message)->is_64_bit_code);
    put(message, 22, u16{0xa09b});
    put(message, 6, u16{0x4});
    EXPECT_FALSE(parse_register_intercept(message)->is_64_bit_code);
}

TEST(RegisterIntercept, refuses_what_is_never_pinned_or_broken) {
    EXPECT_EQ(parse_register_intercept(register_message(TLFS_REG_LDTR)), fail(Error::BadArgument));
    EXPECT_EQ(parse_register_intercept(msr_message(0x277)), fail(Error::BadArgument));
    for (const auto& good : {register_message(TLFS_REG_CR0), msr_message(0x174)}) {
        ASSERT_TRUE(parse_register_intercept(good).has_value());
        tlfs_message message = good;
        message.header.payload_bytes = 0x3f;
        EXPECT_EQ(parse_register_intercept(message), fail(Error::BadArgument));
        message = good;
        put(message, 4, u8{0xf0});  // no length
        EXPECT_EQ(parse_register_intercept(message), fail(Error::BadArgument));
        message = good;
        put(message, 5, u8{0});
        EXPECT_EQ(parse_register_intercept(message), fail(Error::BadArgument));
    }
    EXPECT_EQ(parse_register_intercept(message_of(0x8000'0001)), fail(Error::NotFound));
}

}  // namespace
}  // namespace vtl1
