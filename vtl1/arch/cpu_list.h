// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/types.h"

namespace vtl1 {

struct Cpu;

/// Sums over all CPUs.
struct CpuTotals {
    u32 online;   // VPs on which VTL1 runs
    u32 pinned;   // VPs of which the registers are pinned
    u32 waiting;  // others, where VTL0 has not started yet; it will with pins armed
    u64 calls;
    u64 nmis;
};

CpuTotals cpu_totals();

/// CPUs that VTL1 has prepared for, online or not.
u32 cpu_count();

/// Adds a CPU that VTL1 has prepared for.
/// @context  boot only; at most cpu_count_max times
void add_cpu(Cpu& cpu);

}  // namespace vtl1
