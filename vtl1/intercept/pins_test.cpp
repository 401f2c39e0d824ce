// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/pins.cpp vtl1/intercept/register_intercept.cpp vtl1/arch/cpuid.cpp
// test-with: policies/pinned_registers.cpp policies/pin_checks.cpp base/text.cpp
// test-with: selftests/host/lock_ranks.cpp selftests/host/panic.cpp
#include "vtl1/intercept/pins.h"

#include <bit>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hvcall/abi/manifest.h"
#include "vtl1/intercept/register_intercept.h"
#include "vtl1/lock.h"
#include "vtl1/log/log.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/vtl0_linear.h"

namespace vtl1 {
namespace {

using policies::Pin;

/// A hypervisor that keeps registers of two VTLs, and what VTL0's memory holds for an operand.
struct Machine {
    std::map<u32, tlfs_register_value> vtl0;
    std::map<u32, tlfs_register_value> vtl1;
    u32 refuses_to_set = 0;
    PageBytes input{};
    PageBytes output{};
    std::array<std::byte, 10> operand{};
    std::string log;
    std::vector<WitnessEvent> events;
};

Machine machine;

constexpr u64 entry = 0xffff'ffff'8180'0080;
constexpr u64 rip = 0xffff'ffff'8100'0000;

tlfs_register_value table(u64 base, u16 limit) {
    return std::bit_cast<tlfs_register_value>(tlfs_table_register{{}, limit, base});
}

std::unique_ptr<Cpu> make_cpu(u32 vp_index) {
    auto cpu = std::make_unique<Cpu>();
    cpu->vp_index = vp_index;
    cpu->port = {.input = &machine.input,
                 .input_gpa = Gpa{0x1000},
                 .output = &machine.output,
                 .output_gpa = Gpa{0x2000}};
    return cpu;
}

void fill_registers() {
    for (const policies::PinInfo& info : policies::pin_infos()) {
        machine.vtl0[info.register_name] = {.low = entry, .high = 0};
    }
    machine.vtl0[TLFS_REG_CR0] = {.low = 0x8005'0033, .high = 0};
    machine.vtl0[TLFS_REG_CR3] = {.low = 0x1000, .high = 0};
    machine.vtl0[TLFS_REG_CR4] = {.low = 0x34'0ef0, .high = 0};
    machine.vtl0[TLFS_REG_EFER] = {.low = 0xd01, .high = 0};
    machine.vtl0[TLFS_REG_XFEM] = {.low = 7, .high = 0};
    machine.vtl0[TLFS_REG_STAR] = {.low = 0x23'0010'0000'0000, .high = 0};
    machine.vtl0[TLFS_REG_SFMASK] = {.low = 0x25'7fd5, .high = 0};
    machine.vtl0[TLFS_REG_SYSENTER_CS] = {.low = 0x10, .high = 0};
    machine.vtl0[TLFS_REG_APIC_BASE] = {.low = 0xfee0'0d00, .high = 0};
    machine.vtl0[TLFS_REG_GDTR] = table(entry, 0x7f);
    machine.vtl0[TLFS_REG_IDTR] = table(entry + 0x1000, 0xfff);
    machine.vtl0[TLFS_REG_TR] = {.low = entry, .high = u64{0x40} << 32 | 0x206f};
}

/// As after INIT, as far as it matters. @source AMD APM vol. 2, table 14-1
void reset_registers() {
    machine.vtl0[TLFS_REG_CR0] = {.low = 0x6000'0010, .high = 0};
    machine.vtl0[TLFS_REG_CR4] = {};
    machine.vtl0[TLFS_REG_EFER] = {};
    machine.vtl0[TLFS_REG_GDTR] = table(0, 0xffff);
    machine.vtl0[TLFS_REG_IDTR] = table(0, 0xffff);
    machine.vtl0[TLFS_REG_TR] = {};
}

RegisterIntercept write_of(Pin pin, u64 low, u64 high = 0) {
    return {.pin = pin,
            .is_in_memory = false,
            .value = {.low = low, .high = high},
            .is_64_bit_code = true,
            .rip = rip,
            .next_rip = rip + 3};
}

bool has_logged(const char* text) {
    return machine.log.find(text) != std::string::npos;
}

// The values that all VPs share stay from test to test, as they do in a machine: every test has the
// same.
class Pins : public testing::Test {
protected:
    Pins() {
        machine = Machine{};
        fill_registers();
        machine.vtl0[TLFS_REG_RIP] = {.low = rip, .high = 0};
    }

    u64 events() { return machine.vtl1[TLFS_REG_CR_INTERCEPT_CONTROL].low; }

    std::unique_ptr<Cpu> cpu_ = make_cpu(0);
};

TEST_F(Pins, first_pin_records_and_arms_all) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value()) << machine.log;
    EXPECT_TRUE(cpu_->is_pinned.load());
    EXPECT_EQ(events(), 0x7d'd547);  // all writes but LDTR, TSC_AUX, MISC_ENABLE and SGX
    EXPECT_EQ(machine.vtl1[TLFS_REG_CR_INTERCEPT_CR0_MASK].low, 0x8005'0021);
    EXPECT_EQ(machine.vtl1[TLFS_REG_CR_INTERCEPT_CR4_MASK].low, ~u64{0x1d4});
    EXPECT_EQ(cpu_->pins.value_of(Pin::Lstar).low, entry);
}

TEST_F(Pins, a_vp_without_xcr0_is_not_as_the_others) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    machine.vtl0.erase(TLFS_REG_XFEM);
    EXPECT_EQ(pin_registers(*make_cpu(3)), fail(Error::Refused));
    EXPECT_TRUE(has_logged("VP 3: XCR0")) << machine.log;
}

TEST_F(Pins, another_value_than_other_vps_have_is_refused_and_named) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    const auto other = make_cpu(5);
    machine.vtl1.clear();
    machine.vtl0[TLFS_REG_LSTAR].low = entry + 16;
    EXPECT_EQ(pin_registers(*other), fail(Error::Refused));
    EXPECT_TRUE(has_logged("VP 5: LSTAR")) << machine.log;
    EXPECT_FALSE(other->is_pinned.load());
    EXPECT_EQ(other->pins.known, 0);
    EXPECT_EQ(events(), 0);
}

TEST_F(Pins, what_is_a_vps_own_may_differ) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    const auto other = make_cpu(1);
    machine.vtl0[TLFS_REG_SYSENTER_ESP].low += 0x1000;
    machine.vtl0[TLFS_REG_GDTR] = table(entry + 0x3000, 0x7f);
    machine.vtl0[TLFS_REG_TR].low += 0x3000;
    EXPECT_TRUE(pin_registers(*other).has_value()) << machine.log;
}

TEST_F(Pins, an_unfit_value_is_refused_and_named) {
    machine.vtl0[TLFS_REG_TR].low = 0x1000;  // a user's page
    EXPECT_EQ(pin_registers(*cpu_), fail(Error::Refused));
    EXPECT_TRUE(has_logged("TR is 0x1000")) << machine.log;
    EXPECT_EQ(events(), 0);
}

TEST_F(Pins, what_cannot_be_armed_is_not_pinned) {
    machine.refuses_to_set = TLFS_REG_CR_INTERCEPT_CONTROL;
    EXPECT_EQ(pin_registers(*cpu_), fail(Error::HypervisorFailed));
    EXPECT_FALSE(cpu_->is_pinned.load());
}

TEST_F(Pins, a_second_call_changes_nothing) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    machine.vtl0[TLFS_REG_CR0].low = 0;
    EXPECT_TRUE(pin_registers(*cpu_).has_value());
    EXPECT_EQ(cpu_->pins.value_of(Pin::Cr0).low, 0x8005'0033);
}

TEST_F(Pins, denied_writes_change_nothing) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    const RegisterWriteCounts before = register_write_counts();
    EXPECT_FALSE(answer_register_write(*cpu_, write_of(Pin::Lstar, entry + 16)));
    EXPECT_EQ(machine.vtl0[TLFS_REG_LSTAR].low, entry);
    EXPECT_EQ(machine.vtl0[TLFS_REG_RIP].low, rip);
    EXPECT_EQ(register_write_counts().denied, before.denied + 1);
    EXPECT_EQ(register_write_counts().allowed, before.allowed);
    EXPECT_TRUE(has_logged("denied: write of LSTAR")) << machine.log;
    ASSERT_EQ(machine.events.size(), 1);
    EXPECT_EQ(machine.events[0].policy, MANIFEST_POLICY_REGISTERS);
    EXPECT_EQ(machine.events[0].cause, static_cast<u16>(Pin::Lstar));
    EXPECT_EQ(machine.events[0].rip, rip);
    EXPECT_EQ(machine.events[0].value, entry + 16);
}

TEST_F(Pins, allowed_writes_are_carried_out) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    const RegisterWriteCounts before = register_write_counts();
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Cr4, 0x34'0e70)));  // PGE
    EXPECT_EQ(machine.vtl0[TLFS_REG_CR4].low, 0x34'0e70);
    EXPECT_EQ(machine.vtl0[TLFS_REG_RIP].low, rip + 3);
    EXPECT_EQ(register_write_counts().allowed, before.allowed + 1);
    // The segment's hidden part does not come from VTL0.
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Tr, 0x1234, u64{0x40} << 32)));
    EXPECT_EQ(machine.vtl0[TLFS_REG_TR].low, entry);
}

TEST_F(Pins, table_operands_are_read_from_memory) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    RegisterIntercept load = write_of(Pin::Idtr, 0xffff'c900'0000'1000);
    load.is_in_memory = true;
    base::store_wire(machine.operand, 0, u16{0xfff});
    base::store_wire(machine.operand, 2, entry + 0x1000);
    EXPECT_TRUE(answer_register_write(*cpu_, load));
    load.is_64_bit_code = false;  // half of the base is not read
    EXPECT_FALSE(answer_register_write(*cpu_, load));
    load.is_64_bit_code = true;
    base::store_wire(machine.operand, 0, u16{0xffe});
    EXPECT_FALSE(answer_register_write(*cpu_, load));
    EXPECT_EQ(machine.vtl0[TLFS_REG_IDTR].high, entry + 0x1000);
}

TEST_F(Pins, a_start_is_watched_until_all_is_as_before) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    reset_registers();
    machine.vtl1.clear();
    ASSERT_TRUE(arm_pins_at_start(*cpu_).has_value());
    EXPECT_FALSE(cpu_->is_pinned.load());
    EXPECT_EQ(events(), 0x7d'd547);
    EXPECT_TRUE(cpu_->pins.locks(Pin::Lstar));  // INIT leaves it as it was
    EXPECT_FALSE(answer_register_write(*cpu_, write_of(Pin::Lstar, entry + 16)));
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Gdtr, u64{0x1f} << 48, 0x9'9000)));
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Cr0, 0x11)));
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Cr0, 0x8005'0033)));
    EXPECT_FALSE(answer_register_write(*cpu_, write_of(Pin::Cr0, 0x8004'0033)));
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Cr4, 0x34'0ef0)));
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Efer, 0x901)));
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Gdtr, u64{0x7f} << 48, entry)));
    EXPECT_TRUE(answer_register_write(*cpu_, write_of(Pin::Tr, 0, u64{0x40} << 32)));
    EXPECT_FALSE(cpu_->is_pinned.load());
    EXPECT_TRUE(
        answer_register_write(*cpu_, write_of(Pin::Idtr, u64{0xfff} << 48, entry + 0x1000)));
    EXPECT_TRUE(cpu_->is_pinned.load());
    EXPECT_EQ(machine.vtl0[TLFS_REG_TR].low, entry);
}

TEST_F(Pins, a_vp_that_never_ran_gets_what_all_share_and_is_pinned_later) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    const auto other = make_cpu(2);
    reset_registers();
    machine.vtl0[TLFS_REG_LSTAR] = {};
    ASSERT_TRUE(arm_pins_at_start(*other).has_value());
    EXPECT_EQ(events(), 0x7d'd547 & ~u64{1U << 12 | 1U << 15 | 1U << 18 | 1U << 21});
    EXPECT_TRUE(answer_register_write(*other, write_of(Pin::Lstar, entry)));
    EXPECT_FALSE(answer_register_write(*other, write_of(Pin::Star, entry)));
    EXPECT_FALSE(other->is_pinned.load());
    fill_registers();
    EXPECT_TRUE(pin_registers(*other).has_value()) << machine.log;
    EXPECT_TRUE(other->is_pinned.load());
    EXPECT_EQ(events(), 0x7d'd547);
}

TEST_F(Pins, a_vp_that_starts_cannot_be_pinned_to_something_else) {
    ASSERT_TRUE(pin_registers(*cpu_).has_value());
    reset_registers();
    ASSERT_TRUE(arm_pins_at_start(*cpu_).has_value());
    fill_registers();
    machine.vtl0[TLFS_REG_GDTR] = table(entry + 0x3000, 0x7f);
    EXPECT_EQ(pin_registers(*cpu_), fail(Error::Refused));
    EXPECT_TRUE(has_logged("GDTR")) << machine.log;
}

}  // namespace

void log_line(std::string_view text) {
    machine.log += text;
    machine.log += '\n';
}

void witness(u16 policy, u16 cause, u64 at, Gpa gpa, u64 value) {
    machine.events.push_back({.policy = policy,
                              .cause = cause,
                              .vp = 0,
                              .rip = at,
                              .gpa = gpa,
                              .value = value,
                              .time = 0});
}

void stop_waiting_if_out_of_service() {}

Result<void> copy_from_vtl0_linear(const Vtl0Translation& /*paging*/,
                                   u64 /*linear*/,
                                   std::span<std::byte> into) {
    std::ranges::copy(std::span{machine.operand}.first(into.size()), into.begin());
    return {};
}

}  // namespace vtl1

/// One register a call. Of VTL0's, what was never set cannot be read.
base::u64 hv::call_hypervisor(u64 control, base::Gpa /*input*/, base::Gpa /*output*/) {
    using vtl1::machine;
    constexpr u64 done = u64{1} << TLFS_RESULT_REPS_SHIFT;
    const auto header = base::load_wire<tlfs_vp_registers_header>(machine.input, 0);
    const bool is_own = header.input_vtl == hv::input_vtl(hv::Vtl::Vtl1);
    auto& registers = is_own ? machine.vtl1 : machine.vtl0;
    if ((control & 0xffff) == TLFS_CALL_GET_VP_REGISTERS) {
        const auto name = base::load_wire<u32>(machine.input, sizeof(header));
        if (!is_own && !registers.contains(name)) {
            return TLFS_STATUS_INVALID_PARAMETER;
        }
        base::store_wire(machine.output, 0, registers[name]);
        return done;
    }
    const auto set = base::load_wire<tlfs_register_assignment>(machine.input, sizeof(header));
    if (set.name == machine.refuses_to_set) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    registers[set.name] = set.value;
    return done;
}
