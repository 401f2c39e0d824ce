// SPDX-License-Identifier: MIT
// test-with: vtl1/crypto/arena.cpp selftests/host/panic.cpp
#include "vtl1/crypto/arena.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace vtl1::crypto {
namespace {

constexpr usize all_bytes = Arena::unit_bytes * Arena::unit_count;

bool is_zero(const void* memory, usize count) {
    const std::byte* bytes = static_cast<const std::byte*>(memory);
    return std::all_of(bytes, bytes + count, [](std::byte byte) { return byte == std::byte{0}; });
}

void soil(void* memory, usize count) {
    std::fill_n(static_cast<std::byte*>(memory), count, std::byte{0xee});
}

TEST(Arena, gives_zeroed_memory_that_does_not_overlap) {
    Arena arena;
    void* first = arena.allocate(65);
    void* second = arena.allocate(1);
    ASSERT_NE(first, nullptr);
    ASSERT_NE(second, nullptr);
    soil(first, 65);
    EXPECT_TRUE(is_zero(second, 1));
    EXPECT_EQ(static_cast<std::byte*>(second) - static_cast<std::byte*>(first), 128);
}

TEST(Arena, refuses_nothing_and_too_much) {
    Arena arena;
    EXPECT_EQ(arena.allocate(0), nullptr);
    EXPECT_EQ(arena.allocate(all_bytes + 1), nullptr);
    EXPECT_EQ(arena.allocate(~usize{0}), nullptr);
    EXPECT_NE(arena.allocate(all_bytes), nullptr);
    EXPECT_EQ(arena.allocate(1), nullptr);
}

TEST(Arena, what_comes_back_is_wiped_and_used_again) {
    Arena arena;
    void* low = arena.allocate(200);
    void* high = arena.allocate(200);
    soil(low, 200);
    soil(high, 200);
    arena.release(low);
    EXPECT_TRUE(is_zero(low, 200));
    EXPECT_EQ(arena.allocate(64), low);
    arena.release(nullptr);
    arena.release(high);
    EXPECT_EQ(arena.peak_units(), 8);
}

TEST(Arena, a_hole_that_is_too_small_is_skipped) {
    Arena arena;
    void* low = arena.allocate(64);
    void* middle = arena.allocate(64);
    static_cast<void>(arena.allocate(64));
    arena.release(low);
    EXPECT_GT(arena.allocate(128), middle);
    EXPECT_EQ(arena.allocate(64), low);
}

TEST(Arena, all_of_it_is_free_after_all_came_back) {
    Arena arena;
    std::vector<void*> taken;
    while (void* memory = arena.allocate(3 * Arena::unit_bytes)) {
        taken.push_back(memory);
    }
    EXPECT_EQ(taken.size(), Arena::unit_count / 3);
    for (usize i = 0; i < taken.size(); ++i) {
        arena.release(taken[i * 7 % taken.size()]);
    }
    EXPECT_NE(arena.allocate(all_bytes), nullptr);
}

TEST(Arena, clear_wipes_everything) {
    Arena arena;
    soil(arena.allocate(all_bytes), all_bytes);
    arena.clear();
    EXPECT_TRUE(is_zero(arena.memory().data(), arena.memory().size()));
    EXPECT_NE(arena.allocate(all_bytes), nullptr);
}

TEST(ArenaDeath, strange_memory_stops) {
    Arena arena;
    std::byte* taken = static_cast<std::byte*>(arena.allocate(128));
    std::byte foreign{};
    EXPECT_DEATH(arena.release(taken + 1), "given back");
    EXPECT_DEATH(arena.release(taken + 64), "given back");
    EXPECT_DEATH(arena.release(&foreign), "given back");
    arena.release(taken);
    EXPECT_DEATH(arena.release(taken), "given back");
}

}  // namespace
}  // namespace vtl1::crypto
