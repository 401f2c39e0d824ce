// SPDX-License-Identifier: MIT
#pragma once

namespace vtl1::crypto {

/// Names the memory of secret numbers as a secret, and checks known answers: one that is wrong
/// stops VTL1.
/// @context  boot only
void start();

}  // namespace vtl1::crypto
