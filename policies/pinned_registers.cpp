// SPDX-License-Identifier: MIT
#include "policies/pinned_registers.h"

#include <algorithm>
#include <iterator>

namespace policies {

namespace {

constexpr std::array<PinInfo, pin_count> infos{{
    {Pin::Cr0, "CR0", TLFS_REG_CR0, TLFS_CR_INTERCEPT_CR0_WRITE, 0, true, PinKind::Bits},
    {Pin::Cr4, "CR4", TLFS_REG_CR4, TLFS_CR_INTERCEPT_CR4_WRITE, 0, true, PinKind::Bits},
    {Pin::Xcr0, "XCR0", TLFS_REG_XFEM, TLFS_CR_INTERCEPT_XCR0_WRITE, 0, true, PinKind::Bits},
    {Pin::Efer, "EFER", TLFS_REG_EFER, TLFS_CR_INTERCEPT_EFER_WRITE, 0xc000'0080, true,
     PinKind::Bits},
    {Pin::Star, "STAR", TLFS_REG_STAR, TLFS_CR_INTERCEPT_STAR_WRITE, 0xc000'0081, true,
     PinKind::Value},
    {Pin::Lstar, "LSTAR", TLFS_REG_LSTAR, TLFS_CR_INTERCEPT_LSTAR_WRITE, 0xc000'0082, true,
     PinKind::Value},
    {Pin::Cstar, "CSTAR", TLFS_REG_CSTAR, TLFS_CR_INTERCEPT_CSTAR_WRITE, 0xc000'0083, true,
     PinKind::Value},
    {Pin::Sfmask, "SFMASK", TLFS_REG_SFMASK, TLFS_CR_INTERCEPT_SFMASK_WRITE, 0xc000'0084, true,
     PinKind::Value},
    {Pin::SysenterCs, "SYSENTER_CS", TLFS_REG_SYSENTER_CS, TLFS_CR_INTERCEPT_SYSENTER_CS_WRITE,
     0x174, true, PinKind::Value},
    {Pin::SysenterEip, "SYSENTER_EIP", TLFS_REG_SYSENTER_EIP, TLFS_CR_INTERCEPT_SYSENTER_EIP_WRITE,
     0x176, true, PinKind::Value},
    {Pin::SysenterEsp, "SYSENTER_ESP", TLFS_REG_SYSENTER_ESP, TLFS_CR_INTERCEPT_SYSENTER_ESP_WRITE,
     0x175, false, PinKind::Value},
    {Pin::ApicBase, "APIC_BASE", TLFS_REG_APIC_BASE, TLFS_CR_INTERCEPT_APIC_BASE_WRITE, 0x1b, false,
     PinKind::Bits},
    {Pin::Gdtr, "GDTR", TLFS_REG_GDTR, TLFS_CR_INTERCEPT_GDTR_WRITE, 0, false, PinKind::Table},
    {Pin::Idtr, "IDTR", TLFS_REG_IDTR, TLFS_CR_INTERCEPT_IDTR_WRITE, 0, true, PinKind::Table},
    {Pin::Tr, "TR", TLFS_REG_TR, TLFS_CR_INTERCEPT_TR_WRITE, 0, false, PinKind::Segment},
}};

constexpr bool is_in_order() {
    for (usize i = 0; i < infos.size(); ++i) {
        if (static_cast<usize>(infos[i].pin) != i) {
            return false;
        }
    }
    return true;
}

static_assert(is_in_order());

constexpr u64 all = ~u64{0};
constexpr u64 efer_pinned = 1U << 0 | 1U << 8 | 1U << 11 | 1U << 12;  // SCE, LME, NXE, SVME

// TLFS, HV_X64_TABLE_REGISTER and HV_X64_SEGMENT_REGISTER
constexpr u64 table_limit = u64{0xffff} << 48;
constexpr u64 segment_selector = u64{0xffff} << 32;

std::optional<Pin> find(const auto& matches) {
    const auto* const info = std::ranges::find_if(infos, matches);
    return info == infos.end() ? std::nullopt : std::optional{info->pin};
}

tlfs_register_value both(tlfs_register_value one, tlfs_register_value other) {
    return {.low = one.low & other.low, .high = one.high & other.high};
}

u64 pinned_low_bits(Pin pin) {
    if (pin == Pin::Cr0) {
        return cr0_pinned;
    }
    if (pin == Pin::Cr4) {
        return cr4_pinned;
    }
    return pin == Pin::Efer ? efer_pinned : all;
}

bool is_part_of(tlfs_register_value part, tlfs_register_value whole) {
    return (part.low & ~whole.low) == 0 && (part.high & ~whole.high) == 0;
}

}  // namespace

const std::array<PinInfo, pin_count>& pin_infos() {
    return infos;
}

const PinInfo& info_of(Pin pin) {
    return infos[static_cast<usize>(pin)];
}

std::optional<Pin> pin_of_register(u32 register_name) {
    return find([=](const PinInfo& info) { return info.register_name == register_name; });
}

std::optional<Pin> pin_of_msr(u32 msr) {
    return find([=](const PinInfo& info) { return msr != 0 && info.msr == msr; });
}

tlfs_register_value pinned_bits(Pin pin) {
    switch (info_of(pin).kind) {
        case PinKind::Bits:
            return {.low = pinned_low_bits(pin), .high = 0};
        case PinKind::Value:
            return {.low = all, .high = 0};
        case PinKind::Table:
            return {.low = table_limit, .high = all};
        case PinKind::Segment:
            return {.low = 0, .high = segment_selector};
    }
    __builtin_trap();
}

void PinnedRegisters::learn(Pin pin, tlfs_register_value value) {
    values[static_cast<usize>(pin)] = value;
    known |= 1U << static_cast<u8>(pin);
}

bool agrees(Pin pin, tlfs_register_value one, tlfs_register_value other) {
    const tlfs_register_value changed{.low = one.low ^ other.low, .high = one.high ^ other.high};
    return is_part_of(both(changed, pinned_bits(pin)), {});
}

WriteDecision decide_write(const PinnedRegisters& pins, Pin pin, tlfs_register_value wanted) {
    if (!pins.knows(pin)) {
        return WriteDecision::Deny;
    }
    const PinInfo& info = info_of(pin);
    const tlfs_register_value& pinned = pins.value_of(pin);
    const bool has_free_bits = info.kind == PinKind::Bits && ~pinned_bits(pin).low != 0;
    if (agrees(pin, wanted, pinned)) {
        return has_free_bits ? WriteDecision::Allow : WriteDecision::KeepPinned;
    }
    if (pins.locks(pin)) {
        return WriteDecision::Deny;
    }
    const bool is_on_the_way =
        info.kind == PinKind::Table ||
        (info.kind == PinKind::Bits && is_part_of(both(wanted, pinned_bits(pin)), pinned));
    return is_on_the_way ? WriteDecision::Allow : WriteDecision::Deny;
}

}  // namespace policies
