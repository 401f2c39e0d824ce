// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "base/types.h"

namespace policies {

/// The vector of a start-up IPI: VTL0 begins in real mode at this number of 4 KiB pages, below 1
/// MiB.
/// @source Intel SDM vol. 3A, "Local APIC: interrupt command register", start-up
enum class StartVector : base::u8 {};

/// A set of start vectors.
struct StartVectors {
    std::array<base::u64, 4> words{};

    constexpr bool contains(StartVector vector) const {
        const auto raw = static_cast<base::u8>(vector);
        return (words[raw / 64] >> (raw % 64) & 1) != 0;
    }
};

/// How far VTL0's kernel is believed when it starts a CPU.
enum class StartTrust : base::u8 {
    Boot,    // it is trusted: it may choose any vector
    Sealed,  // it is not: code at any other vector has not been verified
};

/// Whether VTL0 of a VP may begin at `vector`.
/// @param known  vectors that were used while VTL0 was trusted, or verified since
bool may_start(StartVector vector, StartTrust trust, const StartVectors& known);

}  // namespace policies
