// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/types.h"

namespace vtl1 {

/// Names memory that is wiped when VTL1 fails.
/// @context  boot only; at most secret_count_max times
void register_secret(std::span<std::byte> secret);

inline constexpr usize secret_count_max = 8;

/// Overwrites all of it. Takes no lock: what another CPU is writing at that moment it must wipe
/// itself, by looking at is_out_of_service() afterwards.
void wipe_secrets();

}  // namespace vtl1
