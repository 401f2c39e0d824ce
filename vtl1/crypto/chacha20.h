// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/types.h"

namespace vtl1::crypto {

using ChaCha20Key = std::array<u32, 8>;
using ChaCha20Nonce = std::array<u32, 3>;
using ChaCha20Block = std::array<u32, 16>;

/// One block of key stream, as little-endian words.
/// @source RFC 8439, 2.3, "The ChaCha20 Block Function"
ChaCha20Block chacha20_block(const ChaCha20Key& key, u32 counter, const ChaCha20Nonce& nonce);

}  // namespace vtl1::crypto
