// SPDX-License-Identifier: MIT
#include "hypervisor/platform/hpet.h"

#include <algorithm>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor::hpet {

namespace {

// Registers; those of comparator n are comparator_stride * n further on
constexpr u64 reg_capabilities = 0x00;
constexpr u64 reg_period = 0x04;  // of a tick, in femtoseconds
constexpr u64 reg_configuration = 0x10;
constexpr u64 reg_counter = 0xf0;
constexpr u64 reg_comparator_configuration = 0x100;
constexpr u64 reg_comparator_value = 0x108;
constexpr u64 reg_message_data = 0x110;
constexpr u64 reg_message_address = 0x114;
constexpr u64 comparator_stride = 0x20;

constexpr u32 configuration_enable = 1;  // without legacy routes
constexpr u32 comparator_enable = 1U << 2;
constexpr u32 comparator_32_bit = 1U << 8;
constexpr u32 comparator_sends_message = 1U << 14;
constexpr u32 comparator_can_send_message = 1U << 15;
constexpr u32 comparator_idle = comparator_32_bit | comparator_sends_message;

constexpr u32 longest_period = 100'000'000;
constexpr u32 message_nmi = 4U << 8;
constexpr u32 destination_shift = 12;

constexpr u64 femtoseconds = 100'000'000;  // in 100 ns
// 32 bits of a counter of 100 MHz last for 42 s, and a comparator must lie in the nearer half.
constexpr u64 longest_delay = 100'000'000;
constexpr u64 fewest_ticks = 100;  // not over before the comparator is set

constinit u32 period = 0;  // of a tick, in femtoseconds; 0: not usable

// SAFETY: the page is identity-mapped and is the HPET's; a register must be accessed as written,
// and in 32 bits, which every HPET allows.
volatile u32& reg(u64 offset) {
    return *reinterpret_cast<volatile u32*>(page + offset);
}

// SAFETY: as above.
volatile u32& reg(u64 offset, usize comparator) {
    return reg(offset + comparator * comparator_stride);
}

}  // namespace

void initialise() {
    const usize comparators = (reg(reg_capabilities) >> 8 & 0x1f) + 1;
    const u32 found = reg(reg_period);
    if (found == 0 || found > longest_period || comparators < max_vps) {
        return;
    }
    for (usize i = 0; i < max_vps; ++i) {
        if ((reg(reg_comparator_configuration, i) & comparator_can_send_message) == 0) {
            return;
        }
    }
    period = found;
    reg(reg_configuration) = configuration_enable;
}

bool is_usable() {
    return period != 0;
}

void arm(usize comparator, u32 apic_id, u64 delay) {
    const u64 ticks = std::min(delay, longest_delay) * femtoseconds / period;
    disarm(comparator);
    reg(reg_message_data, comparator) = message_nmi;
    reg(reg_message_address, comparator) =
        static_cast<u32>(local_apic::page) | apic_id << destination_shift;
    reg(reg_comparator_value, comparator) =
        reg(reg_counter) + static_cast<u32>(std::max(ticks, fewest_ticks));
    reg(reg_comparator_configuration, comparator) = comparator_idle | comparator_enable;
}

void disarm(usize comparator) {
    reg(reg_comparator_configuration, comparator) = comparator_idle;
}

}  // namespace hypervisor::hpet
