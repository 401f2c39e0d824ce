// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace hypervisor::clock {

/// Measures the TSC against the PIT. @context boot only
void initialise();

/// Hz; never 0 after initialise().
base::u64 tsc_frequency();

/// Time since initialise(), in units of 100 ns. @source TLFS, HV_X64_MSR_TIME_REF_COUNT
base::u64 reference_time();

/// What the reference TSC page says: time = (tsc * scale >> 64) + offset.
/// @source TLFS, "Partition Reference TSC Mechanism"
struct ReferenceTsc {
    base::u64 scale;
    base::i64 offset;
};

ReferenceTsc reference_tsc();

}  // namespace hypervisor::clock
