// SPDX-License-Identifier: MIT
#include "hypervisor/platform/cmos.h"

#include "hypervisor/lock_rank.h"
#include "hypervisor/platform/door.h"
#include "hypervisor/platform/guarded_port.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor::cmos {

namespace {

constexpr u8 index_mask = 0x7f;  // bit 7 masks NMIs, which the hypervisor needs

/// What VTL0 has selected; the hardware's index register is set anew for each access.
struct GuestIndex {
    u8 selected;
};

constinit base::Locked<GuestIndex, LockRank::Cmos> guest_index;

}  // namespace

u8 read(u8 index) {
    out8(cmos_index_port, index);
    return in8(cmos_data_port);
}

void write(u8 index, u8 value) {
    out8(cmos_index_port, index);
    out8(cmos_data_port, value);
}

void select_for_guest(u8 index) {
    guest_index.lock()->selected = index & index_mask;
}

u8 read_for_guest() {
    auto locked = guest_index.lock();
    return read(locked->selected);
}

bool write_for_guest(u8 value) {
    auto locked = guest_index.lock();
    const bool is_ours = locked->selected == shutdown_status || locked->selected == memory_state;
    if (is_ours && !is_open(Door::Cmos)) {
        return false;
    }
    write(locked->selected, value);
    return true;
}

}  // namespace hypervisor::cmos
