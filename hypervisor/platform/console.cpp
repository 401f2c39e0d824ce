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
    if (left_ == 0) {
        return false;
    }
    --left_;
    if (left_ == 0) {
        write_line("(further lines of this kind are dropped)");
    }
    return true;
}

}  // namespace hypervisor::console
