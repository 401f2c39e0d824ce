// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/types.h"

namespace vtl1::crypto {

inline constexpr usize p384_bytes = 48;

using P384PublicKey = std::array<u8, 2 * p384_bytes>;  // x, y, big endian
using P384Signature = std::array<u8, 2 * p384_bytes>;  // r, s, big endian
using P384Digest = std::array<u8, p384_bytes>;         // SHA-384 of what is signed

// The first two verifications, and the first use of a P384Key, check a known answer instead, which
// costs as much as a verification (28 million instructions), and return Error::Busy. A wrong answer
// stops VTL1, and is named. Not at boot: it would take longer than all else there, and not in the
// same entry as a verification: two of them are longer than VTL0 has to wait for VTL1.

/// Checks an ECDSA signature. Its time depends on its arguments, which are no secrets.
/// @return Error::Refused: not a signature of this digest with this key;
///         Error::BadArgument: the key is no point of the curve;
///         Error::Busy: another CPU is at it, or see above; ask again
/// @source FIPS 186-5, 6.4.2
Result<void> verify_p384(std::span<const u8, 2 * p384_bytes> key,
                         std::span<const u8, p384_bytes> digest,
                         std::span<const u8, 2 * p384_bytes> signature);

/// A pair of keys for ECDSA over P-384 with SHA-384. Its owner registers secret() once at boot, so
/// that a failure of VTL1 wipes it.
class P384Key {
public:
    /// Makes a new pair with VTL1's generator.
    /// @return Error::Busy; Error::Refused once VTL1 is out of service. The pair is as it was.
    Result<void> generate();

    /// Takes a secret number, big endian, and makes its pair.
    /// @return Error::Busy; Error::BadArgument: not from 1 to the order - 1. The pair is as it was.
    Result<void> load(std::span<const u8, p384_bytes> secret);

    /// Signs in the deterministic way; blinded by VTL1's generator.
    /// @return Error::Busy; Error::NotFound: there is no pair, or it was wiped
    /// @source RFC 6979, 3.2
    Result<P384Signature> sign(std::span<const u8, p384_bytes> digest) const;

    /// All zero if there is no pair.
    const P384PublicKey& public_key() const { return public_; }

    std::span<std::byte> secret() { return std::as_writable_bytes(std::span{secret_}); }

private:
    std::array<u8, p384_bytes> secret_{};
    P384PublicKey public_{};
};

}  // namespace vtl1::crypto
