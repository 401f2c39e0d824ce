// SPDX-License-Identifier: MIT
// test-with: mbedtls selftests/host/panic.cpp
#include "vtl1/crypto/p384.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "vtl1/crypto/mbedtls.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/failure/service.h"

namespace vtl1::crypto {
namespace {

using Half = std::array<u8, p384_bytes>;

Half half(std::string_view hex) {
    const auto digit = [](char c) {
        return static_cast<u8>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    };
    Half bytes{};
    for (usize i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<u8>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    return bytes;
}

std::array<u8, 2 * p384_bytes> pair(const Half& first, const Half& second) {
    std::array<u8, 2 * p384_bytes> both{};
    std::ranges::copy(first, both.begin());
    std::ranges::copy(second, both.begin() + p384_bytes);
    return both;
}

P384Digest digest(std::string_view text) {
    return sha384(std::as_bytes(std::span{text}));
}

// RFC 6979, A.2.6: the key, and its signatures with SHA-384.
const Half secret = half(
    "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"
    "96d5724e4c70a825f872c9ea60d2edf5");
const P384PublicKey key =
    pair(half("ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
              "def8f0ea9055866064a254515480bc13"),
         half("8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
              "288b231c3ae0d4fe7344fd2533264720"));
const Half sample_r = half(
    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
    "81a648152e44acf96e36dd1e80fabe46");
const Half sample_s = half(
    "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
    "a329c145786e679e7b82c71a38628ac8");
const P384Signature sample = pair(sample_r, sample_s);
const P384Signature test =
    pair(half("8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb"
              "0542a7f0812998da8f1dd3ca3cf023db"),
         half("ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e0"
              "6a739f040649a667bf3b828246baa5a5"));
// FIPS 186-5 and SP 800-186, 3.2.1.4: the order of the group, and the field's prime.
const Half order = half(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
    "581a0db248b0a77aecec196accc52973");
const Half prime = half(
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
    "ffffffff0000000000000000ffffffff");

const Half zero{};
const Half one = half(
    "000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000001");
const Half all_ones = half(
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffff");

Half minus(Half from, const Half& what) {
    int borrow = 0;
    for (usize i = from.size(); i-- > 0;) {
        const int difference = from[i] - what[i] - borrow;
        borrow = difference < 0 ? 1 : 0;
        from[i] = static_cast<u8>(difference);
    }
    return from;
}

// The known answers come first, whichever test that is.
void pass_known_answers() {
    while (verify_p384(key, zero, sample) == fail(Error::Busy)) {
    }
    P384Key any;
    static_cast<void>(any.load(one));
}

class P384 : public testing::Test {
protected:
    P384() { pass_known_answers(); }
};

using P384Keys = P384;

// Must be the first test.
TEST(P384KnownAnswers, are_steps_of_their_own) {
    EXPECT_EQ(verify_p384(key, digest("sample"), sample), fail(Error::Busy));
    EXPECT_EQ(verify_p384(key, digest("sample"), sample), fail(Error::Busy));
    EXPECT_TRUE(verify_p384(key, digest("sample"), sample).has_value());
    P384Key pair_of_keys;
    EXPECT_EQ(pair_of_keys.generate(), fail(Error::Busy));
    EXPECT_EQ(pair_of_keys.public_key(), P384PublicKey{});
    EXPECT_TRUE(pair_of_keys.generate().has_value());
}

TEST_F(P384, takes_published_signatures) {
    EXPECT_TRUE(verify_p384(key, digest("sample"), sample).has_value());
    EXPECT_TRUE(verify_p384(key, digest("test"), test).has_value());
}

TEST_F(P384, refuses_another_message_or_signature) {
    EXPECT_EQ(verify_p384(key, digest("samplf"), sample), fail(Error::Refused));
    EXPECT_EQ(verify_p384(key, digest("sample"), test), fail(Error::Refused));
    EXPECT_EQ(verify_p384(key, zero, sample), fail(Error::Refused));
    EXPECT_EQ(verify_p384(key, digest("sample"), pair(sample_s, sample_r)), fail(Error::Refused));
    for (usize i = 0; i < sample.size(); i += 5) {
        P384Signature changed = sample;
        changed[i] ^= 0x10;
        EXPECT_EQ(verify_p384(key, digest("sample"), changed), fail(Error::Refused)) << i;
    }
}

TEST_F(P384, refuses_numbers_outside_their_range) {
    for (const Half& bad : {zero, order, all_ones}) {
        EXPECT_EQ(verify_p384(key, digest("sample"), pair(bad, sample_s)), fail(Error::Refused));
        EXPECT_EQ(verify_p384(key, digest("sample"), pair(sample_r, bad)), fail(Error::Refused));
        EXPECT_EQ(verify_p384(key, digest("sample"), pair(bad, bad)), fail(Error::Refused));
    }
    EXPECT_EQ(verify_p384(key, digest("sample"), pair(one, one)), fail(Error::Refused));
    EXPECT_EQ(verify_p384(key, zero, pair(zero, one)), fail(Error::Refused));
}

// r = -digest / secret: both halves of the sum cancel, and there is no x.
TEST_F(P384, refuses_a_sum_at_infinity) {
    const Half r = half(
        "12c10af4604e8cff1f61e2d746689d376157a368ac05c9d25956ce9e97b16528"
        "2a8221cae4b67f7f96e44f0b8ed4076e");
    EXPECT_EQ(verify_p384(key, digest("sample"), pair(r, one)), fail(Error::Refused));
    EXPECT_EQ(verify_p384(key, digest("sample"), pair(r, sample_s)), fail(Error::Refused));
}

// ECDSA is so: nobody may take a signature for a name of a message.
TEST_F(P384, takes_the_negative_of_s) {
    const P384Signature other = pair(sample_r, minus(order, sample_s));
    EXPECT_TRUE(verify_p384(key, digest("sample"), other).has_value());
}

TEST_F(P384, refuses_keys_that_are_no_points) {
    P384PublicKey off_curve = key;
    off_curve.back() ^= 1;
    EXPECT_EQ(verify_p384(off_curve, digest("sample"), sample), fail(Error::BadArgument));
    EXPECT_EQ(verify_p384(P384PublicKey{}, digest("sample"), sample), fail(Error::BadArgument));
    const Half x = half(
        "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
        "def8f0ea9055866064a254515480bc13");
    for (const Half& bad : {prime, all_ones}) {
        EXPECT_EQ(verify_p384(pair(x, bad), digest("sample"), sample), fail(Error::BadArgument));
        EXPECT_EQ(verify_p384(pair(bad, x), digest("sample"), sample), fail(Error::BadArgument));
    }
}

TEST_F(P384Keys, signs_as_published) {
    P384Key pair_of_keys;
    ASSERT_TRUE(pair_of_keys.load(secret).has_value());
    EXPECT_EQ(pair_of_keys.public_key(), key);
    EXPECT_EQ(pair_of_keys.sign(digest("sample")), sample);
    EXPECT_EQ(pair_of_keys.sign(digest("test")), test);
}

TEST_F(P384Keys, generated_keys_differ_and_work) {
    P384Key first;
    P384Key second;
    ASSERT_TRUE(first.generate().has_value());
    ASSERT_TRUE(second.generate().has_value());
    EXPECT_NE(first.public_key(), second.public_key());
    for (const P384Digest& message : {digest("sample"), P384Digest{}, P384Digest{all_ones}}) {
        const P384Signature signature = base::must(first.sign(message));
        EXPECT_TRUE(verify_p384(first.public_key(), message, signature).has_value());
        EXPECT_EQ(verify_p384(second.public_key(), message, signature), fail(Error::Refused));
    }
}

TEST_F(P384Keys, refuses_secrets_outside_their_range) {
    P384Key pair_of_keys;
    for (const Half& bad : {zero, order, all_ones}) {
        EXPECT_EQ(pair_of_keys.load(bad), fail(Error::BadArgument));
    }
    EXPECT_EQ(pair_of_keys.public_key(), P384PublicKey{});
    EXPECT_TRUE(pair_of_keys.load(minus(order, one)).has_value());
    EXPECT_TRUE(pair_of_keys.load(one).has_value());
}

TEST_F(P384Keys, without_a_secret_nothing_is_signed) {
    P384Key pair_of_keys;
    EXPECT_EQ(pair_of_keys.sign(digest("sample")), fail(Error::NotFound));
    ASSERT_TRUE(pair_of_keys.load(secret).has_value());
    std::ranges::fill(pair_of_keys.secret(), std::byte{0});
    EXPECT_EQ(pair_of_keys.sign(digest("sample")), fail(Error::NotFound));
}

TEST_F(P384Keys, is_not_made_once_out_of_service) {
    P384Key pair_of_keys;
    vtl1_out_of_service = 1;
    EXPECT_EQ(pair_of_keys.generate(), fail(Error::Refused));
    EXPECT_EQ(pair_of_keys.load(secret), fail(Error::Refused));
    vtl1_out_of_service = 0;
    EXPECT_EQ(pair_of_keys.public_key(), P384PublicKey{});
    EXPECT_TRUE(std::ranges::all_of(pair_of_keys.secret(),
                                    [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST_F(P384, one_operation_at_a_time) {
    P384Key pair_of_keys;
    {
        Operation other;
        ASSERT_TRUE(other.begin().has_value());
        EXPECT_EQ(verify_p384(key, digest("sample"), sample), fail(Error::Busy));
        EXPECT_EQ(pair_of_keys.generate(), fail(Error::Busy));
        EXPECT_EQ(pair_of_keys.sign(digest("sample")), fail(Error::Busy));
    }
    EXPECT_TRUE(verify_p384(key, digest("sample"), sample).has_value());
}

}  // namespace
}  // namespace vtl1::crypto
