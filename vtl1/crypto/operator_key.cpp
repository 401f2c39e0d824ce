// SPDX-License-Identifier: MIT
#include "vtl1/crypto/operator_key.h"

namespace vtl1::crypto {

namespace {

// x, y, big endian; made by the build (vtl1/build.mk).
constexpr P384PublicKey operator_key{
#include "build/keys/operator_key.h"
};
constexpr bool is_own = REDOUBT_OPERATOR_KEY_IS_OWN != 0;  // a line of the same file

}  // namespace

bool is_operator_key_own() {
    return is_own;
}

Result<void> verify_operator(std::span<const u8, p384_bytes> digest,
                             std::span<const u8, 2 * p384_bytes> signature) {
    return verify_p384(operator_key, digest, signature);
}

}  // namespace vtl1::crypto
