// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hvcall/abi/types.h"
#include "vtl1/types.h"

namespace vtl1 {

/// A word from the CPU's own generator, after a bounded number of attempts.
/// @return Error::NoEntropy if there is none, or it gives the same word twice
Result<u64> hardware_random(bool has_rdseed, bool has_rdrand);

/// Seeds the generator from the CPU.
/// @return Error::NoEntropy
/// @context  boot only
Result<void> seed_random(bool has_rdseed, bool has_rdrand);

/// Mixes in what VTL0 offers. It is never counted as entropy.
/// @context  boot only
void add_to_random(std::span<const __u64, 4> input);

/// Fills with random bytes; with zeros once VTL1 is out of service.
/// @locks  LockRank::Random
void fill_random(std::span<std::byte> out);

}  // namespace vtl1
