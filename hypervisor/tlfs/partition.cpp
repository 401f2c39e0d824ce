// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

constinit LockedPartition partition;
constinit NestedRoots nested_roots{};

namespace {

constinit bool offers_mbec = true;

}  // namespace

bool is_mbec_offered() {
    return offers_mbec;
}

void withhold_mbec() {
    offers_mbec = false;
}

}  // namespace hypervisor
