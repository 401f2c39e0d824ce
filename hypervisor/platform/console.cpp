// SPDX-License-Identifier: MIT
#include "hypervisor/platform/console.h"

#include "hypervisor/lock_rank.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor::console {

namespace {

/// What the lock guards is the port: one line at a time.
struct Port {};

constinit base::Locked<Port, LockRank::Console> port;
constinit std::atomic<bool> lines_may_mix{false};

void put(std::string_view text) {
    for (const char c : text) {
        out8(debug_port, static_cast<base::u8>(c));
    }
}

void put_line(std::string_view text) {
    put("redoubt-hv: ");
    put(text);
    put("\n");
}

}  // namespace

void write_line(std::string_view text) {
    if (lines_may_mix.load(std::memory_order_relaxed)) {
        put_line(text);
        return;
    }
    auto locked = port.lock();
    put_line(text);
}

void take_over() {
    lines_may_mix.store(true, std::memory_order_relaxed);
}

bool Budget::take() {
    base::u32 left = left_.load(std::memory_order_relaxed);
    while (left != 0 && !left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
    }
    if (left == 0) {
        return false;
    }
    if (left == 1) {
        write_line("(further lines of this kind are dropped)");
    }
    return true;
}

}  // namespace hypervisor::console
