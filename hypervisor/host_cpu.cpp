// SPDX-License-Identifier: MIT
#include "hypervisor/host_cpu.h"

#include <bit>

#include "base/lock.h"
#include "base/panic.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

HostCpu& host_cpu() {
    // SAFETY: every host stack is aligned to its size and keeps a HostCpu at its lowest address.
    return *std::bit_cast<HostCpu*>(stack_pointer() & ~(host_stack_bytes - 1));
}

}  // namespace hypervisor

namespace base {

void enter_rank(u8 rank) {
    u8& held = hypervisor::host_cpu().held_ranks;
    if (rank >= 8 || held >= (1U << rank)) {
        panic("lock order");
    }
    held = static_cast<u8>(held | (1U << rank));
}

void leave_rank(u8 rank) {
    u8& held = hypervisor::host_cpu().held_ranks;
    held = static_cast<u8>(held & ~(1U << rank));
}

}  // namespace base
