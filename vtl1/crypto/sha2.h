// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/types.h"

namespace vtl1::crypto {

/// @source FIPS 180-4
enum class Sha2 : u8 { Sha256, Sha384, Sha512, Sha512Cut256 };

constexpr usize digest_bytes(Sha2 algorithm) {
    switch (algorithm) {
        case Sha2::Sha384:
            return 48;
        case Sha2::Sha512:
            return 64;
        case Sha2::Sha256:
        case Sha2::Sha512Cut256:
            break;
    }
    return 32;
}

template <Sha2 Algorithm>
using Digest = std::array<u8, digest_bytes(Algorithm)>;

/// A digest of a message that comes in parts. Takes no memory and no lock; 240 bytes large.
template <Sha2 Algorithm>
class Hash {
public:
    constexpr Hash() = default;

    void update(std::span<const std::byte> part);

    /// The digest of what update() got; then the object is as new.
    Digest<Algorithm> finish();

private:
    void start_if_new();

    alignas(8) std::array<std::byte, 224> context_{};  // Mbed TLS's
    bool is_started_ = false;
};

using Sha256 = Hash<Sha2::Sha256>;
using Sha384 = Hash<Sha2::Sha384>;
using Sha512 = Hash<Sha2::Sha512>;
using Sha512Cut256 = Hash<Sha2::Sha512Cut256>;

/// The digest of a whole message.
template <Sha2 Algorithm>
Digest<Algorithm> digest_of(std::span<const std::byte> message) {
    Hash<Algorithm> hash;
    hash.update(message);
    return hash.finish();
}

/// The digest of pages, as the manifest has them.
/// @source FIPS 180-4, 6.7 (SHA-512/256)
inline Digest<Sha2::Sha512Cut256> sha512_256(std::span<const std::byte> message) {
    return digest_of<Sha2::Sha512Cut256>(message);
}

inline Digest<Sha2::Sha384> sha384(std::span<const std::byte> message) {
    return digest_of<Sha2::Sha384>(message);
}

}  // namespace vtl1::crypto
