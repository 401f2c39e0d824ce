// SPDX-License-Identifier: MIT
#include "vtl1/vtl/phase.h"

#include <atomic>

namespace vtl1 {

namespace {

constinit std::atomic<Phase> phase{Phase::Boot};

}  // namespace

// Release and acquire: who sees the phase sees what was done before it.
Phase current_phase() {
    return phase.load(std::memory_order_acquire);
}

void enter_sealed_phase() {
    phase.store(Phase::Sealed, std::memory_order_release);
}

}  // namespace vtl1
