// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/types.h"

namespace vtl1::crypto {

/// Computes published digests with every algorithm; a wrong one stops VTL1, and is named. 22,000
/// instructions.
void check_hashes();

}  // namespace vtl1::crypto
