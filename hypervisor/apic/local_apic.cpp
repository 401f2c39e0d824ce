// SPDX-License-Identifier: MIT
#include "hypervisor/apic/local_apic.h"

#include <algorithm>
#include <array>
#include <span>

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

constexpr int send_tries = 1'000'000;  // the bus takes it long before

constexpr u32 timer_initial_count_offset = 0x380;
constexpr u32 spurious_reset = 0xff;  // software-disabled
constexpr u32 lvt_masked = 1U << 16;
constexpr u32 version_offset = 0x30;
constexpr u32 cmci_offset = 0x2f0;
constexpr u32 timer_offset = 0x320;
constexpr u32 timer_deadline = 1U << 18;

/// An entry of the local vector table, and the bits that are not reserved.
struct Lvt {
    u32 offset;
    u32 defined;
};

// CMCI, timer, thermal, performance, LINT0, LINT1, error. @source Intel SDM vol. 3A, figure 11-8
constexpr std::array lvts{Lvt{cmci_offset, 0x1'17ff}, Lvt{timer_offset, 0x7'10ff},
                          Lvt{0x330, 0x1'17ff},       Lvt{0x340, 0x1'17ff},
                          Lvt{0x350, 0x1'f7ff},       Lvt{0x360, 0x1'f7ff},
                          Lvt{0x370, 0x1'10ff}};

// Not std::ranges::find: for 32-bit values libc++ makes it a call of wmemchr().
bool is_in(std::span<const u32> offsets, u32 offset) {
    return std::ranges::any_of(offsets, [=](u32 one) { return one == offset; });
}

/// SMI and INIT would take the CPU out of the hypervisor.
u32 harmless_lvt(u32 value) {
    const u32 delivery = value >> 8 & 7;
    const bool is_harmless = delivery == 0 || delivery == 4 || delivery == 7;  // fixed, NMI, ExtINT
    return is_harmless ? value : lvt_masked;
}

/// The highest entry of the table that this CPU has; 6 is CMCI, which came last.
bool has_cmci() {
    return (read(version_offset) >> 16 & 0xff) >= 6;
}

/// In x2APIC mode, what is not there and what is reserved is #GP, and would be the hypervisor's
/// own.
bool write_lvt_for_guest(const Lvt& lvt, u32 value) {
    const bool has_deadline = (cpuid(1).ecx & 1U << 24) != 0;
    const u32 defined =
        lvt.offset == timer_offset && !has_deadline ? lvt.defined & ~timer_deadline : lvt.defined;
    if ((lvt.offset == cmci_offset && !has_cmci()) || (is_x2apic() && (value & ~defined) != 0)) {
        return false;
    }
    write(lvt.offset, harmless_lvt(value & defined));
    return true;
}

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

bool write_for_guest(u32 offset, u32 value) {
    // TPR EOI LDR SVR ESR ICR-high, timer count and divisor; DFR in its flat form only, since
    // destination.h knows no other. The id must stay: kicks go by it.
    constexpr std::array<u32, 8> plain{0x80, 0xb0, 0xd0, 0xf0, 0x280, 0x310, 0x380, 0x3e0};
    constexpr u32 destination_format_offset = 0xe0;
    for (const Lvt& lvt : lvts) {
        if (lvt.offset == offset) {
            return write_lvt_for_guest(lvt, value);
        }
    }
    const bool is_flat = offset == destination_format_offset && value >> 28 == 0xf;
    const bool is_plain = is_in(plain, offset);
    if (is_flat || is_plain) {
        write(offset, value);
    }
    return is_flat || is_plain;
}

bool accepts_base(u64 value) {
    const u64 old = read_msr(msr_apic_base);
    const bool keeps_rest = (old & ~base_x2apic) == (value & ~base_x2apic);
    const bool leaves = (old & base_x2apic) != 0 && (value & base_x2apic) == 0;
    const bool has_x2apic = (cpuid(1).ecx & 1U << 21) != 0;
    return keeps_rest && !leaves && ((value & base_x2apic) == 0 || has_x2apic);
}

bool write_base_for_guest(u64 value) {
    const bool is_accepted = accepts_base(value);
    if (is_accepted) {
        write_msr(msr_apic_base, value);
    }
    return is_accepted;
}

void send(u32 destination, u32 icr_low) {
    if (is_x2apic()) {
        write_msr(msr_x2apic_icr, u64{destination} << 32 | icr_low);
        return;
    }
    write(icr_high_offset, destination << 24);
    write(icr_low_offset, icr_low);
    for (int tries = 0; tries < send_tries && (read(icr_low_offset) & delivery_pending) != 0;
         ++tries) {
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
    for (const Lvt& lvt : lvts) {
        if (lvt.offset != cmci_offset) {  // not every CPU has it
            write(lvt.offset, lvt_masked);
        }
    }
    write(timer_initial_count_offset, 0);
    write(task_priority_offset, 0);
    if (!is_x2apic()) {  // read-only there
        write(logical_destination_offset, 0);
    }
    write(spurious_offset, spurious_reset);
}

}  // namespace hypervisor::local_apic
