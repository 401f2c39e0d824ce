// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/intercept/intercept_message.h"

namespace vtl1 {

/// How often VTL0 was denied access to memory that VTL1 has closed.
struct DenialCounts {
    u64 reads;
    u64 writes;
    u64 executes;
};

DenialCounts denial_counts();

/// Counts one denial. Takes no lock.
/// @return how often this kind has happened, this time included
u64 count_denial(Access access);

}  // namespace vtl1
