// SPDX-License-Identifier: MIT
#include "vtl1/crypto/drbg.h"

#include <algorithm>

#include "vtl1/crypto/wipe.h"

namespace vtl1::crypto {

// The first half of the block becomes the key, the second is for use and is not kept.
ChaCha20Block Drbg::next_block() {
    const ChaCha20Block block = chacha20_block(key_, 0, {});
    std::ranges::copy(std::span{block}.first<8>(), key_.begin());
    return block;
}

void Drbg::absorb(const ChaCha20Key& input) {
    for (usize i = 0; i < key_.size(); ++i) {
        key_[i] ^= input[i];
    }
    ChaCha20Block block = next_block();
    wipe(std::as_writable_bytes(std::span{block}));
}

void Drbg::generate(std::span<std::byte> out) {
    while (!out.empty()) {
        ChaCha20Block block = next_block();
        const auto usable = std::as_bytes(std::span{block}.last<8>());
        const usize count = std::min(usable.size(), out.size());
        std::ranges::copy(usable.first(count), out.begin());
        wipe(std::as_writable_bytes(std::span{block}));
        out = out.subspan(count);
    }
}

}  // namespace vtl1::crypto
