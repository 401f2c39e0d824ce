// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/start_state.cpp selftests/host/panic.cpp
#include "vtl1/intercept/start_state.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace vtl1 {
namespace {

tlfs_register_value value_of(u8 vector, u32 name) {
    for (const auto& assignment : start_state(policies::StartVector{vector})) {
        if (assignment.name == name) {
            return assignment.value;
        }
    }
    ADD_FAILURE() << std::hex << name;
    return {};
}

// Numbers as in tlfs.rst 3.2 and 6.1, and in the manuals, not from our headers.
TEST(StartState, code_begins_at_the_vectors_page) {
    const tlfs_register_value cs = value_of(0x9a, 0x0006'0001);
    EXPECT_EQ(cs.low, 0x9'a000);
    EXPECT_EQ(cs.high, u64{0x009b} << 48 | u64{0x9a00} << 32 | 0xffff);
    EXPECT_EQ(value_of(0x9a, 0x0002'0010).low, 0);
    EXPECT_EQ(value_of(0xff, 0x0006'0001).low, 0xf'f000);
}

TEST(StartState, the_mode_is_real_mode) {
    EXPECT_EQ(value_of(1, 0x0004'0000).low & 0x8000'0001, 0) << "neither PG nor PE";
    EXPECT_EQ(value_of(1, 0x0008'0001).low, 0) << "EFER";
    EXPECT_EQ(value_of(1, 0x0004'0003).low, 0) << "CR4";
    EXPECT_EQ(value_of(1, 0x0002'0011).low, 2) << "RFLAGS";
    EXPECT_EQ(value_of(1, 0x0005'0005).low, 0x400) << "DR7";
    EXPECT_EQ(value_of(1, 0x0007'0000).low, u64{0xffff} << 48) << "IDTR";
    EXPECT_EQ(value_of(1, 0x0007'0000).high, 0);
    EXPECT_EQ(value_of(1, 0x0006'0002).high, u64{0x0093} << 48 | 0xffff) << "SS";
}

TEST(StartState, each_register_is_written_once_and_nothing_reserved) {
    std::set<u32> names;
    for (const auto& assignment : start_state(policies::StartVector{1})) {
        EXPECT_TRUE(names.insert(assignment.name).second) << std::hex << assignment.name;
        EXPECT_TRUE(std::ranges::all_of(assignment.reserved, [](u32 word) { return word == 0; }));
    }
}

}  // namespace
}  // namespace vtl1
