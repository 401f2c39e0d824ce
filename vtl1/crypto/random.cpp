// SPDX-License-Identifier: MIT
#include "vtl1/crypto/random.h"

#include "vtl1/arch/instructions.h"
#include "vtl1/crypto/drbg.h"
#include "vtl1/crypto/wipe.h"
#include "vtl1/failure/secrets.h"
#include "vtl1/failure/service.h"
#include "vtl1/lock.h"

namespace vtl1 {

namespace {

// Intel SDM vol. 1, 7.3.17: RDRAND succeeds within ten attempts; RDSEED may need many.
constexpr int rdrand_attempts = 10;
constexpr int rdseed_attempts = 1000;

// Twice the key's size: RDRAND's output counts as half as good as RDSEED's.
constexpr usize seed_rounds = 2;

constinit Locked<crypto::Drbg, LockRank::Random> generator;

std::optional<u64> hardware_word(bool has_rdseed, bool has_rdrand) {
    for (int i = 0; has_rdseed && i < rdseed_attempts; ++i) {
        if (const std::optional<u64> word = rdseed()) {
            return word;
        }
        base::cpu_relax();
    }
    for (int i = 0; has_rdrand && i < rdrand_attempts; ++i) {
        if (const std::optional<u64> word = rdrand()) {
            return word;
        }
    }
    return std::nullopt;
}

crypto::ChaCha20Key as_key(const std::array<u64, 4>& words) {
    return std::bit_cast<crypto::ChaCha20Key>(words);
}

}  // namespace

// Broken generators have been seen to give all ones for ever.
Result<u64> hardware_random(bool has_rdseed, bool has_rdrand) {
    const std::optional<u64> first = hardware_word(has_rdseed, has_rdrand);
    const std::optional<u64> second = hardware_word(has_rdseed, has_rdrand);
    if (!first.has_value() || !second.has_value() || *first == *second) {
        return fail(Error::NoEntropy);
    }
    return *second;
}

Result<void> seed_random(bool has_rdseed, bool has_rdrand) {
    auto held = generator.lock();
    register_secret(held->state());
    for (usize round = 0; round < seed_rounds; ++round) {
        std::array<u64, 4> words{};
        for (u64& word : words) {
            word = TRY(hardware_random(has_rdseed, has_rdrand));
        }
        held->absorb(as_key(words));
        wipe(std::as_writable_bytes(std::span{words}));
    }
    return {};
}

void add_to_random(std::span<const __u64, 4> input) {
    std::array<u64, 4> words{};
    std::ranges::copy(input, words.begin());
    auto held = generator.lock();
    held->absorb(as_key(words));
}

void fill_random(std::span<std::byte> out) {
    auto held = generator.lock();
    held->generate(out);
    if (is_out_of_service()) {
        wipe(held->state());
        wipe(out);
    }
}

}  // namespace vtl1
