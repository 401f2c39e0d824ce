// SPDX-License-Identifier: MIT
#include "hypervisor/apic/local_apic.h"

#include <array>

#include "base/lock.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor::local_apic {

namespace {

// ICR low half
constexpr u32 delivery_nmi = 4U << 8;
constexpr u32 delivery_init = 5U << 8;
constexpr u32 delivery_startup = 6U << 8;
constexpr u32 delivery_pending = 1U << 12;
constexpr u32 level_assert = 1U << 14;

constexpr u32 lvt_masked = 1U << 16;
constexpr u32 timer_initial_count_offset = 0x380;
constexpr u32 spurious_reset = 0xff;  // software-disabled
constexpr std::array<u32, 6> lvt_offsets{0x320, 0x330, 0x340, 0x350, 0x360, 0x370};

// SAFETY: the page is identity-mapped and is the APIC's; a register must be accessed as written.
volatile u32* xapic_register(u32 offset) {
    return reinterpret_cast<volatile u32*>(page + offset);
}

u32 x2apic_msr(u32 offset) {
    return msr_x2apic_first + offset / 16;
}

void send_to(u32 apic_id, u32 icr_low) {
    if (is_x2apic()) {
        send(apic_id, icr_low);
        return;
    }
    const u32 guests = read(icr_high_offset);
    send(apic_id, icr_low);
    write(icr_high_offset, guests);
}

}  // namespace

bool is_x2apic() {
    return (read_msr(msr_apic_base) & base_x2apic) != 0;
}

u32 id() {
    return is_x2apic() ? read(id_offset) : read(id_offset) >> 24;
}

u32 read(u32 offset) {
    return is_x2apic() ? static_cast<u32>(read_msr(x2apic_msr(offset))) : *xapic_register(offset);
}

void write(u32 offset, u32 value) {
    if (is_x2apic()) {
        write_msr(x2apic_msr(offset), value);
    } else {
        *xapic_register(offset) = value;
    }
}

void send(u32 destination, u32 icr_low) {
    if (is_x2apic()) {
        write_msr(msr_x2apic_icr, u64{destination} << 32 | icr_low);
        return;
    }
    write(icr_high_offset, destination << 24);
    write(icr_low_offset, icr_low);
    while ((read(icr_low_offset) & delivery_pending) != 0) {
        base::cpu_relax();
    }
}

void send_nmi(u32 apic_id) {
    send_to(apic_id, delivery_nmi | level_assert);
}

void send_init(u32 apic_id) {
    send_to(apic_id, delivery_init | level_assert);
}

void send_startup(u32 apic_id, u8 vector) {
    send_to(apic_id, delivery_startup | level_assert | vector);
}

void reset() {
    for (const u32 offset : lvt_offsets) {
        write(offset, lvt_masked);
    }
    write(timer_initial_count_offset, 0);
    write(task_priority_offset, 0);
    if (!is_x2apic()) {  // read-only there
        write(logical_destination_offset, 0);
    }
    write(spurious_offset, spurious_reset);
}

}  // namespace hypervisor::local_apic
