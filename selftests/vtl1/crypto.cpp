// SPDX-License-Identifier: MIT
#include "selftests/vtl1/crypto.h"

#include <algorithm>

#include "selftests/vtl1/calls.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/crypto/known_answers.h"
#include "vtl1/crypto/p384.h"
#include "vtl1/mm/pointer.h"

namespace selftest {

namespace {

using base::Result;
using base::u64;
using base::u8;

constinit vtl1::crypto::P384Key key;
constinit vtl1::crypto::P384Signature last_signature{};

constexpr vtl1::crypto::P384Digest digest{1, 2, 3};
constexpr vtl1::crypto::P384Digest other_digest{1, 2, 4};
constexpr u8 paint = 0xa5;

u64 time_stamp() {
    u64 low = 0;
    u64 high = 0;
    // SAFETY: reads a counter.
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return high << 32 | low;
}

/// SELFTEST_CRYPTO_*
struct Which {
    u64 number;
};

Result<void> run(Which which) {
    switch (which.number) {
        case SELFTEST_CRYPTO_GENERATE:
            return key.generate();
        case SELFTEST_CRYPTO_SIGN:
            last_signature = TRY(key.sign(digest));
            return {};
        case SELFTEST_CRYPTO_VERIFY:
            return vtl1::crypto::verify_p384(key.public_key(), digest, last_signature);
        case SELFTEST_CRYPTO_FORGED:
            return vtl1::crypto::verify_p384(key.public_key(), other_digest, last_signature);
        case SELFTEST_CRYPTO_HASHES:
            vtl1::crypto::check_hashes();
            return {};
        default:
            return base::fail(base::Error::BadArgument);
    }
}

/// The part of the entry stack that is not in use, but for what painting it needs.
[[gnu::always_inline]] inline std::span<u8> free_stack() {
    constexpr u64 margin = 256;
    const u64 bottom = vtl1::this_cpu().stacks.front().bottom.raw();
    u64 here = 0;
    // SAFETY: reads a register.
    asm volatile("mov %%rsp, %0" : "=r"(here));
    // SAFETY: that part of the stack is mapped and nobody's.
#pragma clang unsafe_buffer_usage begin
    return {vtl1::pointer_to<u8>(base::Hva{bottom}), here - margin - bottom};
#pragma clang unsafe_buffer_usage end
}

}  // namespace

vtl1::CallResult run_crypto(base::Untrusted<u64> which) {
    const Which checked = TRY(which.parse([](u64 raw) -> Result<Which> { return Which{raw}; }));
    const std::span<u8> stack = free_stack();
    std::ranges::fill(stack, paint);
    const u64 before = time_stamp();
    const Result<void> result = run(checked);
    const u64 ticks = time_stamp() - before;
    const auto used =
        stack.end() - std::ranges::find_if(stack, [](u8 byte) { return byte != paint; });
    const bool is_again = result == base::fail(base::Error::Busy);
    if (!is_again) {
        TRY(result);
    }
    return (is_again ? SELFTEST_CRYPTO_AGAIN : 0) | ticks << SELFTEST_CRYPTO_TICKS_SHIFT |
           static_cast<u64>(used);
}

}  // namespace selftest
