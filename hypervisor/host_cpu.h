// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace hypervisor {

/// Bytes of a host stack; also its alignment, so that the bottom is found from RSP. The guest's
/// GS stays loaded while the host runs, so GS cannot name the CPU.
inline constexpr base::u64 host_stack_bytes = 32768;

/// What is at the bottom of each host stack.
struct HostCpu {
    base::u8 held_ranks;  // bit n: a lock of rank n is held
};

/// This CPU's.
HostCpu& host_cpu();

}  // namespace hypervisor
