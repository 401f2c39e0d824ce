// SPDX-License-Identifier: MIT
#include "hypervisor/platform/console.h"

#include "hypervisor/lock_rank.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor::console {

namespace {

struct Port {
    void put(std::string_view text) {
        for (const char c : text) {
            out8(debug_port, static_cast<base::u8>(c));
        }
    }
};

constinit base::Locked<Port, LockRank::Console> port;

}  // namespace

void write_line(std::string_view text) {
    auto locked = port.lock();
    locked->put("redoubt-hv: ");
    locked->put(text);
    locked->put("\n");
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
