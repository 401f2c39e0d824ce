// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

constinit LockedPartition partition;
constinit std::atomic<u64> nested_generation{1};

namespace {

constinit std::array<u64, 2> nested_roots{};

}  // namespace

u64 nested_root(Vtl which) {
    return nested_roots[static_cast<usize>(which)];
}

void set_nested_root(Vtl which, u64 root) {
    nested_roots[static_cast<usize>(which)] = root;
}

}  // namespace hypervisor
