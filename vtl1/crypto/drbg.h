// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/crypto/chacha20.h"

namespace vtl1::crypto {

/// Deterministic random bit generator: ChaCha20 with fast key erasure. The state is one key; each
/// use makes a key stream whose first half becomes the next key, so that a later look at the state
/// tells nothing about earlier output.
/// @source D. J. Bernstein, "Fast-key-erasure random-number generators", 2017
class Drbg {
public:
    /// Mixes 32 bytes in. What is mixed in after the hardware's entropy cannot take any of it
    /// away: for a fixed input the step permutes the key before it is expanded.
    void absorb(const ChaCha20Key& input);

    /// Fills with random bytes.
    /// @pre absorb() was called with entropy
    void generate(std::span<std::byte> out);

    std::span<std::byte> state() { return std::as_writable_bytes(std::span{key_}); }

private:
    ChaCha20Block next_block();

    ChaCha20Key key_{};
};

}  // namespace vtl1::crypto
