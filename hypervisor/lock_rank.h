// SPDX-License-Identifier: MIT
#pragma once

#include "base/lock.h"
#include "base/types.h"

namespace hypervisor {

/// The order in which locks may be taken on one CPU: only upwards.
enum class LockRank : base::u8 {
    Partition = 1,  // VTL state of the partition, nested page tables, overlays
    Device = 3,     // a device that VTL0 programs through the hypervisor
    Cmos = 4,
    Console = 5,
};

}  // namespace hypervisor
