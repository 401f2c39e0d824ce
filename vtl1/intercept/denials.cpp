// SPDX-License-Identifier: MIT
#include "vtl1/intercept/denials.h"

#include <atomic>

namespace vtl1 {

namespace {

constinit std::atomic<u64> reads{0};
constinit std::atomic<u64> writes{0};
constinit std::atomic<u64> executes{0};

std::atomic<u64>& counter_of(Access access) {
    switch (access) {
        case Access::Read:
            return reads;
        case Access::Write:
            return writes;
        case Access::Execute:
            return executes;
    }
    __builtin_trap();
}

}  // namespace

// Relaxed: each counter stands for itself.
DenialCounts denial_counts() {
    return {.reads = reads.load(std::memory_order_relaxed),
            .writes = writes.load(std::memory_order_relaxed),
            .executes = executes.load(std::memory_order_relaxed)};
}

u64 count_denial(Access access) {
    return counter_of(access).fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace vtl1
