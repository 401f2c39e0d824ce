// SPDX-License-Identifier: MIT
// test-with: vtl1/crypto/operator_key.cpp mbedtls selftests/host/panic.cpp
#include "vtl1/crypto/operator_key.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "vtl1/crypto/sha2.h"

namespace vtl1::crypto {
namespace {

constexpr const char* secret_key = "build/keys/operator.pem";

Result<void> verify(const P384Digest& digest, const P384Signature& signature) {
    Result<void> result = fail(Error::Busy);
    for (int i = 0; i < 3 && result == fail(Error::Busy); ++i) {
        result = verify_operator(digest, signature);
    }
    return result;
}

// r and s are the two INTEGERs of a SEQUENCE; X.690, 8.3 and 8.9.
P384Signature from_der(const std::vector<u8>& der) {
    P384Signature signature{};
    usize at = 2;
    for (usize half = 0; half < 2; ++half) {
        const usize length = der.at(at + 1);
        const usize count = std::min(length, p384_bytes);
        std::copy_n(
            der.begin() + static_cast<std::ptrdiff_t>(at + 2 + length - count), count,
            signature.begin() + static_cast<std::ptrdiff_t>((half + 1) * p384_bytes - count));
        at += 2 + length;
    }
    return signature;
}

TEST(OperatorKey, is_a_point_of_the_curve) {
    P384Signature signature{};
    signature.fill(1);
    EXPECT_EQ(verify(P384Digest{}, signature), fail(Error::Refused));
}

// As tools sign.
TEST(OperatorKey, takes_what_openssl_signs) {
    if (!std::filesystem::exists(secret_key)) {
        GTEST_SKIP() << "the secret half is kept elsewhere";
    }
    const std::filesystem::path folder = testing::TempDir();
    const std::string message = folder / "operator_key_test.txt";
    const std::string der = folder / "operator_key_test.der";
    std::ofstream{message} << "sealed";
    const std::string command =
        std::string{"openssl dgst -sha384 -sign "} + secret_key + " -out " + der + " " + message;
    ASSERT_EQ(std::system(command.c_str()), 0);
    std::ifstream file{der, std::ios::binary};
    const std::vector<u8> bytes{std::istreambuf_iterator<char>{file}, {}};
    const P384Signature signature = from_der(bytes);

    using namespace std::string_view_literals;
    EXPECT_TRUE(verify(sha384(std::as_bytes(std::span{"sealed"sv})), signature).has_value());
    EXPECT_EQ(verify(sha384(std::as_bytes(std::span{"Sealed"sv})), signature),
              fail(Error::Refused));
}

}  // namespace
}  // namespace vtl1::crypto
