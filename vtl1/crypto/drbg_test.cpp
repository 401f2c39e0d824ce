// SPDX-License-Identifier: MIT
// test-with: vtl1/crypto/drbg.cpp vtl1/crypto/chacha20.cpp selftests/host/panic.cpp
#include "vtl1/crypto/drbg.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace vtl1::crypto {
namespace {

using Output = std::array<std::byte, 64>;

Output generate(Drbg& drbg) {
    Output out{};
    drbg.generate(out);
    return out;
}

// From RFC 8439, A.1, test vector 1 (the block of the all-zero key): its second half is the first
// output of a generator whose state is 0; its first half is the next key.
TEST(Drbg, output_is_the_second_half_of_the_block) {
    Drbg drbg;
    std::array<std::byte, 32> out{};
    drbg.generate(out);

    const std::array<u32, 8> expected{0x7c5941da, 0x8d485751, 0x3fe02477, 0x374ad8b8,
                                      0xf4b8436a, 0x1ca11815, 0x69b687c3, 0x8665eeb2};
    EXPECT_TRUE(std::ranges::equal(out, std::as_bytes(std::span{expected})));
    const std::array<u32, 8> next_key{0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653,
                                      0xb819d2bd, 0x1aed8da0, 0xccef36a8, 0xc70d778b};
    EXPECT_TRUE(std::ranges::equal(drbg.state(), std::as_bytes(std::span{next_key})));
}

TEST(Drbg, never_gives_the_same_twice) {
    Drbg drbg;
    drbg.absorb({1});
    const Output first = generate(drbg);
    EXPECT_NE(first, generate(drbg));
}

TEST(Drbg, depends_on_everything_absorbed) {
    Drbg a;
    Drbg b;
    a.absorb({1});
    b.absorb({2});
    a.absorb({5});
    b.absorb({5});
    EXPECT_NE(generate(a), generate(b));
}

TEST(Drbg, fills_any_length) {
    Drbg drbg;
    drbg.absorb({1});
    std::array<std::byte, 100> out{};
    drbg.generate(std::span{out}.first(33));
    EXPECT_TRUE(std::ranges::all_of(std::span{out}.subspan(33),
                                    [](std::byte byte) { return byte == std::byte{0}; }));
    drbg.generate(std::span<std::byte>{});
}

}  // namespace
}  // namespace vtl1::crypto
