// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace hypervisor {

using base::u32;
using base::u8;

/// Fields of the interrupt command register's low half. @source Intel SDM vol. 3A, figure 11-12
enum class Delivery : u8 {
    Fixed = 0,
    LowestPriority = 1,
    Smi = 2,
    Reserved = 3,
    Nmi = 4,
    Init = 5,
    Startup = 6,
    ExtInt = 7,
};

struct IcrLow {
    u32 raw;

    constexpr Delivery delivery() const { return static_cast<Delivery>(raw >> 8 & 7); }

    constexpr u8 vector() const { return static_cast<u8>(raw & 0xff); }

    constexpr bool is_logical() const { return (raw & 1U << 11) != 0; }

    constexpr bool is_assert() const { return (raw & 1U << 14) != 0; }

    constexpr u32 shorthand() const { return raw >> 18 & 3; }  // 0 none 1 self 2 all 3 others
};

/// A CPU as a destination sees it.
struct ApicTarget {
    u32 apic_id;
    u32 logical_destination;  // LDR: bits 31:24 of an xAPIC's, the whole register of an x2APIC's
    bool is_sender;
};

/// Whether a message goes to a CPU.
/// @param destination  not shifted
/// @param x2apic       mode of the sender, which the CPUs of one machine share
/// @source Intel SDM vol. 3A, 11.6.2; flat model only, since Linux uses no cluster in xAPIC mode
constexpr bool is_addressed(const ApicTarget& target, u32 destination, IcrLow icr, bool x2apic) {
    switch (icr.shorthand()) {
        case 1:
            return target.is_sender;
        case 2:
            return true;
        case 3:
            return !target.is_sender;
        default:
            break;
    }
    const u32 broadcast = x2apic ? 0xffff'ffff : 0xff;
    if (destination == broadcast) {
        return true;
    }
    if (!icr.is_logical()) {
        return target.apic_id == destination;
    }
    if (!x2apic) {
        return (target.logical_destination >> 24 & destination) != 0;
    }
    const bool same_cluster = target.logical_destination >> 16 == destination >> 16;
    return same_cluster && (target.logical_destination & destination & 0xffff) != 0;
}

/// The logical id that an x2APIC has, derived from its id. @source Intel SDM vol. 3A, 11.12.10.2
constexpr u32 x2apic_logical_destination(u32 apic_id) {
    return apic_id >> 4 << 16 | 1U << (apic_id & 0xf);
}

static_assert(is_addressed({3, 0, false}, 3, IcrLow{0x4500}, false));
static_assert(!is_addressed({3, 0, false}, 2, IcrLow{0x4500}, false));
static_assert(is_addressed({3, 0, false}, 0xff, IcrLow{0x4500}, false));
static_assert(!is_addressed({3, 0, false}, 0xff, IcrLow{0x4500}, true));
static_assert(is_addressed({1, 0x0200'0000, false}, 2, IcrLow{0x4c00}, false));
static_assert(
    is_addressed({17, x2apic_logical_destination(17), false}, 0x1'0002, IcrLow{0x4c00}, true));
static_assert(!is_addressed({0, 0, true}, 0, IcrLow{0xc'4400}, false));
static_assert(is_addressed({1, 0, false}, 0, IcrLow{0xc'4400}, false));

}  // namespace hypervisor
