// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/crypto/p384.h"

namespace vtl1::crypto {

/// Manifests below this version are refused: their kernels have known holes. Raised by hand.
inline constexpr u32 manifest_version_floor = 1;

/// Whether the operator has declared the key to be one that is kept for this (Documentation/
/// manifest.rst). Else it is one of development, as the build makes it: whoever has the folder of
/// the build can sign with it.
bool is_operator_key_own();

/// Checks a signature of the operator's, whose public key is part of VTL1's image.
/// @return as verify_p384()
Result<void> verify_operator(std::span<const u8, p384_bytes> digest,
                             std::span<const u8, 2 * p384_bytes> signature);

}  // namespace vtl1::crypto
