// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/intercept_message.cpp selftests/host/panic.cpp
#include "vtl1/intercept/intercept_message.h"

#include <gtest/gtest.h>

namespace vtl1 {
namespace {

tlfs_message message_with(u8 access_type) {
    tlfs_message message{};
    message.header.type = 0x8000'0001;
    message.header.payload_bytes = 80;
    // Offsets of tlfs.rst 4.6, counted in the payload.
    const auto payload = std::as_writable_bytes(std::span{message.payload});
    base::store_wire(payload, 5, access_type);
    base::store_wire(payload, 24, u64{0xffff'ffff'8123'4567});
    base::store_wire(payload, 56, u64{0x1234'5678});
    return message;
}

TEST(MemoryIntercept, takes_access_gpa_and_rip) {
    const auto intercept = parse_memory_intercept(message_with(1));
    ASSERT_TRUE(intercept.has_value());
    EXPECT_EQ(intercept->access, Access::Write);
    EXPECT_EQ(intercept->gpa, Gpa{0x1234'5678});
    EXPECT_EQ(intercept->rip, 0xffff'ffff'8123'4567);
}

TEST(MemoryIntercept, knows_three_kinds_of_access) {
    EXPECT_EQ(parse_memory_intercept(message_with(0))->access, Access::Read);
    EXPECT_EQ(parse_memory_intercept(message_with(2))->access, Access::Execute);
    EXPECT_FALSE(parse_memory_intercept(message_with(3)).has_value());
    EXPECT_FALSE(parse_memory_intercept(message_with(0xff)).has_value());
}

TEST(MemoryIntercept, refuses_short_and_other_messages) {
    tlfs_message message = message_with(0);
    message.header.payload_bytes = 79;
    EXPECT_FALSE(parse_memory_intercept(message).has_value());
    message = message_with(0);
    message.header.type = 0x8001'0001;
    EXPECT_EQ(parse_memory_intercept(message).error(), Error::NotFound);
}

tlfs_message start_message(u32 vp_index, u32 vector) {
    tlfs_message message{};
    message.header.type = 0x8001'0009;
    message.header.payload_bytes = 48;
    const auto payload = std::as_writable_bytes(std::span{message.payload});
    base::store_wire(payload, 40, vp_index);
    base::store_wire(payload, 44, vector);
    return message;
}

TEST(StartIntercept, takes_the_vector_of_this_vp) {
    EXPECT_EQ(parse_start_intercept(start_message(3, 0x9a), 3), policies::StartVector{0x9a});
    EXPECT_EQ(parse_start_intercept(start_message(3, 0xff), 3), policies::StartVector{0xff});
    EXPECT_EQ(parse_start_intercept(start_message(3, 0x100), 3), fail(Error::BadArgument));
    EXPECT_EQ(parse_start_intercept(start_message(3, 0x9a), 2), fail(Error::BadArgument));
}

TEST(StartIntercept, refuses_short_and_other_messages) {
    tlfs_message message = start_message(3, 0x9a);
    message.header.payload_bytes = 47;
    EXPECT_EQ(parse_start_intercept(message, 3), fail(Error::BadArgument));
    EXPECT_EQ(parse_start_intercept(message_with(0), 3), fail(Error::NotFound));
}

}  // namespace
}  // namespace vtl1
