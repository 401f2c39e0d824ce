// SPDX-License-Identifier: MIT
// test-with: mbedtls selftests/host/panic.cpp
#include "vtl1/crypto/sha2.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vtl1::crypto {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span{text});
}

template <usize Size>
std::string hex(const std::array<u8, Size>& digest) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const u8 byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

template <Sha2 Algorithm>
std::string digest(std::string_view text) {
    return hex(digest_of<Algorithm>(bytes_of(text)));
}

constexpr std::string_view two_blocks =
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
    "lmnopqrsmnopqrstnopqrstu";

// NIST, "Examples with Intermediate Values", SHA256, SHA384, SHA512 and SHA512_256 (which FIPS
// 180-4 refers to); the empty message: NIST CAVP, SHA test vectors for byte-oriented messages.
TEST(Sha2, published_digests) {
    EXPECT_EQ(digest<Sha2::Sha256>("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest<Sha2::Sha256>(""),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(digest<Sha2::Sha384>("abc"),
              "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
              "8086072ba1e7cc2358baeca134c825a7");
    EXPECT_EQ(digest<Sha2::Sha384>(two_blocks),
              "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
              "fcc7c71a557e2db966c3e9fa91746039");
    EXPECT_EQ(digest<Sha2::Sha384>(""),
              "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
              "274edebfe76f65fbd51ad2f14898b95b");
    EXPECT_EQ(digest<Sha2::Sha512>("abc"),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    EXPECT_EQ(digest<Sha2::Sha512>(two_blocks),
              "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
              "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
    EXPECT_EQ(digest<Sha2::Sha512Cut256>("abc"),
              "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
    EXPECT_EQ(digest<Sha2::Sha512Cut256>(two_blocks),
              "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a");
    EXPECT_EQ(digest<Sha2::Sha512Cut256>(""),
              "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a");
}

template <Sha2 Algorithm>
void expect_parts_to_add_up() {
    const std::string message(1000, 'x');
    const std::string whole = digest<Algorithm>(message);
    for (const usize cut : {usize{0}, usize{1}, usize{63}, usize{64}, usize{127}, usize{128},
                            usize{129}, usize{999}, usize{1000}}) {
        Hash<Algorithm> hash;
        hash.update(bytes_of(message).first(cut));
        hash.update(bytes_of(message).subspan(cut));
        EXPECT_EQ(hex(hash.finish()), whole) << cut;
    }
}

TEST(Sha2, parts_add_up) {
    expect_parts_to_add_up<Sha2::Sha256>();
    expect_parts_to_add_up<Sha2::Sha384>();
    expect_parts_to_add_up<Sha2::Sha512>();
    expect_parts_to_add_up<Sha2::Sha512Cut256>();
}

TEST(Sha2, is_new_after_its_end) {
    Sha512Cut256 hash;
    hash.update(bytes_of("something else"));
    static_cast<void>(hash.finish());
    hash.update(bytes_of("abc"));
    EXPECT_EQ(hex(hash.finish()), digest<Sha2::Sha512Cut256>("abc"));
    EXPECT_EQ(hex(hash.finish()), digest<Sha2::Sha512Cut256>(""));
}

}  // namespace
}  // namespace vtl1::crypto
