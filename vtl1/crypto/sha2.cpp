// SPDX-License-Identifier: MIT
#include "vtl1/crypto/sha2.h"

#include <algorithm>
#include <memory>

#include "base/panic.h"
#include "vtl1/crypto/mbedtls.h"

namespace vtl1::crypto {

namespace {

// FIPS 180-4, 5.3.6.2: SHA-512/256 is SHA-512 from this state on, cut to its first half.
constexpr std::array<u64, 8> sha512_256_state{
    0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
    0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2};

// The functions fail on wrong arguments only.
void expect(int status) {
    if (status != 0) {
        base::panic("sha2: refused");
    }
}

/// What the algorithms have in common, in Mbed TLS's names.
template <Sha2 Algorithm>
struct Core {
    using Context = mbedtls_sha512_context;
    static constexpr usize full_bytes = 64;

    static void start(Context& context) {
        mbedtls_sha512_init(&context);
        expect(sha512_starts(&context, Algorithm == Sha2::Sha384 ? 1 : 0));
        if constexpr (Algorithm == Sha2::Sha512Cut256) {
            std::ranges::copy(sha512_256_state, std::begin(context.state));
        }
    }

    static void update(Context& context, const u8* data, usize count) {
        expect(sha512_update(&context, data, count));
    }

    static void finish(Context& context, std::span<u8, full_bytes> out) {
        expect(sha512_finish(&context, out.data()));
        mbedtls_sha512_free(&context);
    }
};

template <>
struct Core<Sha2::Sha256> {
    using Context = mbedtls_sha256_context;
    static constexpr usize full_bytes = 32;

    static void start(Context& context) {
        mbedtls_sha256_init(&context);
        expect(sha256_starts(&context, 0));
    }

    static void update(Context& context, const u8* data, usize count) {
        expect(sha256_update(&context, data, count));
    }

    static void finish(Context& context, std::span<u8, full_bytes> out) {
        expect(sha256_finish(&context, out.data()));
        mbedtls_sha256_free(&context);
    }
};

template <Sha2 Algorithm>
typename Core<Algorithm>::Context& context_in(std::span<std::byte, 224> storage) {
    using Context = typename Core<Algorithm>::Context;
    static_assert(sizeof(Context) <= 224 && alignof(Context) <= 8);
    static_assert(std::is_trivially_copyable_v<Context>);
    // SAFETY: large and aligned enough, see above, and every byte pattern is a Context.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): see above
    return reinterpret_cast<Context&>(*storage.data());
}

}  // namespace

template <Sha2 Algorithm>
void Hash<Algorithm>::start_if_new() {
    if (!is_started_) {
        Core<Algorithm>::start(context_in<Algorithm>(context_));
        is_started_ = true;
    }
}

template <Sha2 Algorithm>
void Hash<Algorithm>::update(std::span<const std::byte> part) {
    start_if_new();
    // SAFETY: bytes are bytes.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): see above
    const u8* data = reinterpret_cast<const u8*>(part.data());
    Core<Algorithm>::update(context_in<Algorithm>(context_), data, part.size());
}

template <Sha2 Algorithm>
Digest<Algorithm> Hash<Algorithm>::finish() {
    start_if_new();
    std::array<u8, Core<Algorithm>::full_bytes> full{};
    Core<Algorithm>::finish(context_in<Algorithm>(context_), full);
    is_started_ = false;
    Digest<Algorithm> digest{};
    std::ranges::copy(std::span{full}.template first<digest_bytes(Algorithm)>(), digest.begin());
    return digest;
}

template class Hash<Sha2::Sha256>;
template class Hash<Sha2::Sha384>;
template class Hash<Sha2::Sha512>;
template class Hash<Sha2::Sha512Cut256>;

}  // namespace vtl1::crypto
