// SPDX-License-Identifier: MIT
#include "vtl1/crypto/chacha20.h"

#include <bit>

namespace vtl1::crypto {

namespace {

// RFC 8439, 2.1, "The ChaCha Quarter Round"
void quarter_round(ChaCha20Block& s, usize a, usize b, usize c, usize d) {
    s[a] += s[b];
    s[d] = std::rotl(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = std::rotl(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = std::rotl(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = std::rotl(s[b] ^ s[c], 7);
}

void double_round(ChaCha20Block& s) {
    quarter_round(s, 0, 4, 8, 12);
    quarter_round(s, 1, 5, 9, 13);
    quarter_round(s, 2, 6, 10, 14);
    quarter_round(s, 3, 7, 11, 15);
    quarter_round(s, 0, 5, 10, 15);
    quarter_round(s, 1, 6, 11, 12);
    quarter_round(s, 2, 7, 8, 13);
    quarter_round(s, 3, 4, 9, 14);
}

}  // namespace

ChaCha20Block chacha20_block(const ChaCha20Key& key, u32 counter, const ChaCha20Nonce& nonce) {
    const ChaCha20Block start{0x6170'7865, 0x3320'646e, 0x7962'2d32, 0x6b20'6574, key[0], key[1],
                              key[2],      key[3],      key[4],      key[5],      key[6], key[7],
                              counter,     nonce[0],    nonce[1],    nonce[2]};
    ChaCha20Block state = start;
    for (int i = 0; i < 10; ++i) {
        double_round(state);
    }
    for (usize i = 0; i < state.size(); ++i) {
        state[i] += start[i];
    }
    return state;
}

}  // namespace vtl1::crypto
