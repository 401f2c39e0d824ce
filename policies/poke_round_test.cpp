// SPDX-License-Identifier: MIT
// test-with: policies/poke_round.cpp
#include "policies/poke_round.h"

#include <gtest/gtest.h>
#include <vector>

namespace policies {
namespace {

using Bytes = std::vector<u8>;

bool is_round(const Bytes& bytes, const Bytes& current, const Bytes& before) {
    return is_poke_round(bytes, current, before);
}

TEST(PokeRound, breakpoint_comes_and_goes) {
    EXPECT_TRUE(is_round({0xcc}, {0xe8}, {0x90, 0x90}));
    EXPECT_TRUE(is_round({0xe8}, {0xcc}, {0x90, 0x90}));
    EXPECT_TRUE(is_round({0xe8}, {0xcc}, {}));
    EXPECT_FALSE(is_round({0xe8}, {0x0f}, {0x90, 0x90}));
}

TEST(PokeRound, tail_changes_behind_a_breakpoint) {
    EXPECT_TRUE(is_round({1, 2, 3, 4}, {5, 6, 7, 8}, {0x90, 0xcc}));
    EXPECT_TRUE(is_round({0x90}, {0x05}, {0x90, 0xcc})) << "of a 2-byte instruction";
    EXPECT_TRUE(is_round({1, 2, 3, 4}, {5, 6, 7, 8}, {0xcc, 0x80})) << "of a 6-byte one, its end";
    EXPECT_FALSE(is_round({1, 2, 3, 4}, {5, 6, 7, 8}, {0x90, 0x90}));
    EXPECT_FALSE(is_round({1, 2, 3, 4}, {5, 6, 7, 8}, {})) << "nothing is known of what is before";
}

TEST(PokeRound, breakpoint_is_written_alone) {
    EXPECT_FALSE(is_round({0xcc, 1}, {0xe8, 2}, {0x90, 0x90}));
    EXPECT_FALSE(is_round({0xe8, 1}, {0xcc, 2}, {0x90, 0x90}));
}

TEST(PokeRound, longer_store_is_none) {
    EXPECT_TRUE(is_round(Bytes(5, 1), Bytes(5, 2), {0x90, 0xcc}));
    EXPECT_FALSE(is_round(Bytes(6, 1), Bytes(6, 2), {0x90, 0xcc}));
    EXPECT_FALSE(is_round({}, {}, {0x90, 0xcc}));
}

}  // namespace
}  // namespace policies
