// SPDX-License-Identifier: MIT
#include "hypervisor/platform/io_apic.h"

#include <array>

#include "hypervisor/lock_rank.h"
#include "hypervisor/platform/door.h"

namespace hypervisor::io_apic {

namespace {

using base::usize;

constexpr u32 select_offset = 0x00;
constexpr u32 window_offset = 0x10;
constexpr u32 eoi_offset = 0x40;
constexpr u32 first_redirection = 0x10;  // two registers to an entry, low half first
constexpr usize entry_count = 24;
constexpr u64 masked = u64{1} << 16;

/// What VTL0 has written; the hardware holds what it may.
struct Guest {
    u32 selected;
    std::array<u64, entry_count> entries;
};

constinit base::Locked<Guest, LockRank::Device> guest;

// SAFETY: the page is identity-mapped and is the I/O APIC's; registers are accessed as written.
volatile u32* at(u32 offset) {
    return reinterpret_cast<volatile u32*>(page + offset);
}

void write_register(u32 index, u32 value) {
    *at(select_offset) = index;
    *at(window_offset) = value;
}

u64 harmless(u64 value) {
    const u64 delivery = value >> 8 & 7;
    const bool is_harmless =
        delivery == 0 || delivery == 1 || delivery == 7 || is_open(Door::IoApic);
    return is_harmless ? value : (value & ~u64{0x700}) | masked;
}

}  // namespace

void write_redirection(unsigned entry, u64 value) {
    const u64 allowed = harmless(value);
    const u32 index = first_redirection + 2 * entry;
    write_register(index, static_cast<u32>(allowed | masked));  // never half of it
    write_register(index + 1, static_cast<u32>(allowed >> 32));
    write_register(index, static_cast<u32>(allowed));
}

bool write_for_guest(u64 gpa, u32 value) {
    const auto offset = static_cast<u32>(gpa - page);
    auto locked = guest.lock();
    if (offset == select_offset) {
        locked->selected = value & 0xff;
        *at(select_offset) = locked->selected;
        return true;
    }
    if (offset == eoi_offset) {
        *at(eoi_offset) = value;
        return true;
    }
    const u32 number = locked->selected - first_redirection;
    const usize entry = number / 2;
    if (offset != window_offset || entry >= entry_count) {
        return false;  // the id and what is read-only
    }
    const unsigned shift = 32 * (number & 1);
    u64& wanted = locked->entries[entry];
    wanted = (wanted & ~(u64{0xffff'ffff} << shift)) | u64{value} << shift;
    write_redirection(static_cast<unsigned>(entry), wanted);
    *at(select_offset) = locked->selected;
    return true;
}

}  // namespace hypervisor::io_apic
