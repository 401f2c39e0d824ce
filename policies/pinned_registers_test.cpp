// SPDX-License-Identifier: MIT
// test-with: policies/pinned_registers.cpp selftests/host/panic.cpp
#include "policies/pinned_registers.h"

#include <bit>
#include <gtest/gtest.h>
#include <vector>

namespace policies {
namespace {

constexpr u64 cr0 = 0x8005'0033;  // PG, AM, WP, NE, ET, MP, PE
constexpr u64 cr4 = 0x0034'06f0;  // SMAP, SMEP, FSGSBASE..., PGE, MCE, PAE, PSE
constexpr u64 efer = 0xd01;       // NXE, LMA, LME, SCE
constexpr u64 entry = 0xffff'ffff'8180'0080;
constexpr u64 apic_base = 0xfee0'0d00;

tlfs_register_value value(u64 low) {
    return {.low = low, .high = 0};
}

tlfs_register_value table(u64 base, u16 limit) {
    return std::bit_cast<tlfs_register_value>(tlfs_table_register{{}, limit, base});
}

tlfs_register_value segment(u16 selector, u64 base = 0) {
    return std::bit_cast<tlfs_register_value>(
        tlfs_segment_register{base, base == 0 ? 0U : 0x206fU, selector, 0x8b});
}

PinnedRegisters all_known() {
    PinnedRegisters pins{};
    for (const PinInfo& info : pin_infos()) {
        pins.learn(info.pin, value(entry));
    }
    pins.learn(Pin::Cr0, value(cr0));
    pins.learn(Pin::Cr4, value(cr4));
    pins.learn(Pin::Xcr0, value(7));
    pins.learn(Pin::Efer, value(efer));
    pins.learn(Pin::ApicBase, value(apic_base));
    pins.learn(Pin::Gdtr, table(0xffff'fe00'0000'1000, 0x7f));
    pins.learn(Pin::Idtr, table(0xffff'fe00'0000'0000, 0xfff));
    pins.learn(Pin::Tr, segment(0x40, 0xffff'fe00'0000'3000));
    return pins;
}

PinnedRegisters all_locked() {
    PinnedRegisters pins = all_known();
    pins.locked = pins.known;
    return pins;
}

bool allows(const PinnedRegisters& pins, Pin pin, tlfs_register_value wanted) {
    return decide_write(pins, pin, wanted) != WriteDecision::Deny;
}

bool allows(const PinnedRegisters& pins, Pin pin, u64 wanted) {
    return allows(pins, pin, value(wanted));
}

TEST(PinnedRegisters, names_and_msrs_lead_to_the_register) {
    EXPECT_EQ(pin_of_register(TLFS_REG_CR4), Pin::Cr4);
    EXPECT_EQ(pin_of_register(TLFS_REG_TR), Pin::Tr);
    EXPECT_EQ(pin_of_register(TLFS_REG_LDTR), std::nullopt);
    EXPECT_EQ(pin_of_msr(0xc000'0082), Pin::Lstar);
    EXPECT_EQ(pin_of_msr(0x175), Pin::SysenterEsp);
    EXPECT_EQ(pin_of_msr(0x277), std::nullopt);
    EXPECT_EQ(pin_of_msr(0), std::nullopt);
}

TEST(PinnedRegisters, takes_its_own_value_again) {
    const PinnedRegisters pins = all_locked();
    for (const PinInfo& info : pin_infos()) {
        EXPECT_TRUE(allows(pins, info.pin, pins.value_of(info.pin))) << info.name;
    }
}

TEST(PinnedRegisters, no_pinned_bit_changes) {
    const PinnedRegisters pins = all_locked();
    for (const PinInfo& info : pin_infos()) {
        const tlfs_register_value bits = pinned_bits(info.pin);
        const tlfs_register_value now = pins.value_of(info.pin);
        for (unsigned bit = 0; bit < 64; ++bit) {
            const u64 one = u64{1} << bit;
            EXPECT_EQ(allows(pins, info.pin, {.low = now.low ^ one, .high = now.high}),
                      (bits.low & one) == 0)
                << info.name << " bit " << bit;
            EXPECT_EQ(allows(pins, info.pin, {.low = now.low, .high = now.high ^ one}),
                      (bits.high & one) == 0)
                << info.name << " bit " << 64 + bit;
        }
    }
}

TEST(PinnedRegisters, free_is_what_linux_changes) {
    EXPECT_EQ(cr0_pinned, 0x8005'0021);
    EXPECT_EQ(~cr4_pinned, 0x1d4);  // TSD, PSE, MCE, PGE, PCE
    EXPECT_EQ(pinned_bits(Pin::Efer).low, 0x1901);
    EXPECT_EQ(pinned_bits(Pin::Lstar).low, ~u64{0});
}

TEST(PinnedRegisters, only_registers_with_free_bits_get_the_written_value) {
    const PinnedRegisters pins = all_locked();
    EXPECT_EQ(decide_write(pins, Pin::Cr4, value(cr4 ^ 0x80)), WriteDecision::Allow);
    EXPECT_EQ(decide_write(pins, Pin::Efer, value(efer)), WriteDecision::Allow);
    EXPECT_EQ(decide_write(pins, Pin::Tr, segment(0x40)), WriteDecision::KeepPinned);
    EXPECT_EQ(decide_write(pins, Pin::Gdtr, pins.value_of(Pin::Gdtr)), WriteDecision::KeepPinned);
}

TEST(PinnedRegisters, unknown_is_denied) {
    EXPECT_FALSE(allows({}, Pin::Lstar, entry));
    EXPECT_FALSE(allows({}, Pin::Idtr, table(0, 0)));
}

TEST(PinnedRegisters, pinned_means_all_but_perhaps_xcr0) {
    PinnedRegisters pins = all_locked();
    EXPECT_TRUE(pins.is_pinned());
    pins.known &= ~(1U << static_cast<u8>(Pin::Xcr0));
    pins.locked = pins.known;
    EXPECT_TRUE(pins.is_pinned());
    pins.locked &= ~(1U << static_cast<u8>(Pin::Idtr));
    EXPECT_FALSE(pins.is_pinned());
    pins.known = pins.locked;
    EXPECT_FALSE(pins.is_pinned());
    EXPECT_FALSE(PinnedRegisters{}.is_pinned());
}

TEST(PinnedRegisters, only_what_is_known_is_locked) {
    PinnedRegisters pins{};
    pins.lock(Pin::Lstar);
    EXPECT_FALSE(pins.locks(Pin::Lstar));
    pins.learn(Pin::Lstar, value(entry));
    pins.lock(Pin::Lstar);
    EXPECT_TRUE(pins.locks(Pin::Lstar));
    EXPECT_FALSE(pins.locks(Pin::Cstar));
}

TEST(StartingCpu, sets_bits_up_to_the_pinned_value_and_no_other) {
    const PinnedRegisters pins = all_known();
    EXPECT_TRUE(allows(pins, Pin::Cr0, 0x6000'0011));  // CD, NW, ET, PE
    EXPECT_TRUE(allows(pins, Pin::Cr4, 0xb0));
    EXPECT_TRUE(allows(pins, Pin::Efer, 0));
    EXPECT_TRUE(allows(pins, Pin::Xcr0, 1));
    EXPECT_FALSE(allows(pins, Pin::Cr4, 0xb0 | 1U << 13));   // VMXE
    EXPECT_FALSE(allows(pins, Pin::Cr4, cr4 | 1U << 12));    // LA57
    EXPECT_FALSE(allows(pins, Pin::Efer, efer | 1U << 12));  // SVME
    EXPECT_FALSE(allows(pins, Pin::ApicBase, 0xfee0'1d00));  // elsewhere
}

TEST(StartingCpu, entry_points_take_their_pinned_value_only) {
    const PinnedRegisters pins = all_known();
    for (const Pin pin : {Pin::Lstar, Pin::Star, Pin::Cstar, Pin::Sfmask, Pin::SysenterCs,
                          Pin::SysenterEip, Pin::SysenterEsp}) {
        EXPECT_TRUE(allows(pins, pin, entry));
        EXPECT_FALSE(allows(pins, pin, entry ^ 0x10));
        EXPECT_FALSE(allows(pins, pin, u64{0}));
    }
    EXPECT_TRUE(allows(pins, Pin::Tr, segment(0x40)));
    EXPECT_FALSE(allows(pins, Pin::Tr, segment(0x48)));
}

/// A CPU that starts, and what VTL1 does for it: values that it has are locked.
class Start {
public:
    explicit Start(PinnedRegisters pins) : pins_(pins) {}

    bool write(Pin pin, tlfs_register_value wanted) {
        const bool is_allowed = allows(pins_, pin, wanted);
        if (is_allowed && agrees(pin, wanted, pins_.value_of(pin))) {
            pins_.lock(pin);
        }
        return is_allowed;
    }

    bool write(Pin pin, u64 wanted) { return write(pin, value(wanted)); }

    const PinnedRegisters& pins() const { return pins_; }

private:
    PinnedRegisters pins_;
};

struct Step {
    Pin pin;
    tlfs_register_value value;
};

constexpr u64 bring_up_tables = 0xffff'ffff'8200'0000;

/// What Debian's 6.12.117 writes, in this order, when CPU 1 comes online, recorded under QEMU; of
/// the tables' addresses only which are the last ones is recorded. 6.1 does the same with fewer
/// writes of CR4, and clears PSE.
std::vector<Step> recorded_start(const PinnedRegisters& pins) {
    const auto last = [&](Pin pin) { return Step{pin, pins.value_of(pin)}; };
    return {
        {Pin::Idtr, table(0, 0)},
        {Pin::Gdtr, table(0x9'9000, 0x1f)},
        {Pin::Cr0, value(0x5'0033)},
        {Pin::Cr4, value(0xb0)},
        {Pin::Efer, value(0x901)},
        {Pin::Cr0, value(0x8005'0033)},
        {Pin::Cr4, value(0x30)},
        {Pin::Cr4, value(0xb0)},
        {Pin::Gdtr, table(bring_up_tables, 0x7f)},
        {Pin::Idtr, table(bring_up_tables, 0xfff)},
        {Pin::Cr0, value(0x8005'0033)},
        {Pin::Cr4, value(0x30'00b0)},
        {Pin::Tr, segment(0x40)},
        last(Pin::Idtr),
        last(Pin::Star),
        last(Pin::Lstar),
        last(Pin::Cstar),
        last(Pin::SysenterCs),
        last(Pin::SysenterEsp),
        last(Pin::SysenterEip),
        last(Pin::Sfmask),
        last(Pin::Gdtr),
        {Pin::Cr4, value(0x30'06b0)},
        {Pin::Cr0, value(0x8005'0033)},
        {Pin::Cr4, value(0x34'06b0)},
        {Pin::Xcr0, value(7)},
        {Pin::Cr4, value(0x34'06f0)},
        {Pin::Cr0, value(0xc005'0033)},
        {Pin::Cr4, value(0x34'0670)},
        {Pin::Cr0, value(0x8005'0033)},
        {Pin::Cr4, value(0x34'06f0)},
    };
}

TEST(StartingCpu, stock_kernel_comes_up_and_is_locked_then) {
    Start start{all_known()};
    const std::vector<Step> steps = recorded_start(start.pins());
    for (usize i = 0; i < steps.size(); ++i) {
        EXPECT_TRUE(start.write(steps[i].pin, steps[i].value)) << "step " << i;
    }
    start.write(Pin::ApicBase, apic_base);  // it had that before
    EXPECT_TRUE(start.pins().is_pinned());
}

TEST(StartingCpu, what_has_been_reached_is_locked_before_the_rest_is) {
    Start start{all_known()};
    for (const Step& step : recorded_start(start.pins())) {
        start.write(step.pin, step.value);
        if (step.pin == Pin::Efer) {
            break;
        }
    }
    EXPECT_FALSE(start.write(Pin::Efer, 0x101));  // NXE
    EXPECT_TRUE(start.write(Pin::Cr0, cr0));
    EXPECT_FALSE(start.write(Pin::Cr0, cr0 & ~(u64{1} << 16)));
    EXPECT_TRUE(start.write(Pin::Cr4, 0x20));  // not reached yet
}

TEST(StartingCpu, tables_change_until_they_are_locked) {
    PinnedRegisters pins = all_known();
    EXPECT_TRUE(allows(pins, Pin::Idtr, table(0, 0)));
    pins.lock(Pin::Idtr);
    EXPECT_FALSE(allows(pins, Pin::Idtr, table(0, 0)));
    EXPECT_TRUE(allows(pins, Pin::Gdtr, table(0x9'a000, 0x1f)));
}

}  // namespace
}  // namespace policies
