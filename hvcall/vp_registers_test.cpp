// SPDX-License-Identifier: MIT
// test-with: selftests/host/panic.cpp
#include "hvcall/vp_registers.h"

#include <gtest/gtest.h>

#include "hvcall/vsm_registers.h"
#include "hvcall/vtl_enable.h"

namespace hv {
namespace {

/// Answers each call with `answer`, after it has written `value` to the output page.
struct Hypervisor {
    u64 answer = u64{1} << 32;
    tlfs_register_value value{};
    u64 control = 0;
    base::PageBytes input{};
    base::PageBytes output{};

    HypercallPort port() {
        return {.input = &input,
                .input_gpa = base::Gpa{0x1000},
                .output = &output,
                .output_gpa = base::Gpa{0x2000}};
    }

    template <class T>
    T at(base::usize offset) const {
        return base::load_wire<T>(input, offset);
    }
};

Hypervisor hypervisor;

class VpRegisters : public testing::Test {
protected:
    VpRegisters() { hypervisor = Hypervisor{}; }
};

// Offsets and numbers as in tlfs.rst 2.1 and 2.3, not from our headers.
TEST_F(VpRegisters, get_asks_for_one_register_of_this_vp) {
    hypervisor.value = {.low = 0x00f0'2010, .high = 0};
    const auto offsets = get_register<VsmCodePageOffsets>(hypervisor.port(), Vtl::Vtl1);

    ASSERT_TRUE(offsets.has_value());
    EXPECT_EQ(offsets->get(VsmCodePageOffsets::vtl_call), 0x010);
    EXPECT_EQ(offsets->get(VsmCodePageOffsets::vtl_return), 0xf02);
    EXPECT_EQ(hypervisor.control, 0x0050 | u64{1} << 32);
    EXPECT_EQ(hypervisor.at<u64>(0), ~u64{0});
    EXPECT_EQ(hypervisor.at<u32>(8), 0xffff'fffe);
    EXPECT_EQ(hypervisor.at<u32>(12), 0x11);
    EXPECT_EQ(hypervisor.at<u32>(16), 0x000d'0002);
}

TEST_F(VpRegisters, set_names_the_lower_vtl_explicitly) {
    ASSERT_TRUE(set_register(hypervisor.port(), Vtl::Vtl0, general_protection));

    EXPECT_EQ(hypervisor.control, 0x0051 | u64{1} << 32);
    EXPECT_EQ(hypervisor.at<u32>(12), 0x10);
    EXPECT_EQ(hypervisor.at<u32>(16), 0x0001'0004);
    EXPECT_EQ(hypervisor.at<u64>(32), 0x000d'0101);
    EXPECT_EQ(hypervisor.at<u64>(40), 0);
}

TEST_F(VpRegisters, a_list_is_written_in_one_call) {
    hypervisor.answer = u64{2} << 32;
    const std::array<tlfs_register_assignment, 2> list{
        tlfs_register_assignment{.name = 0x4'0000, .reserved = {}, .value = {1, 2}},
        tlfs_register_assignment{.name = 0x6'0001, .reserved = {}, .value = {3, 4}}};
    ASSERT_TRUE(set_vp_registers(hypervisor.port(), Vtl::Vtl0, list));
    EXPECT_EQ(hypervisor.control, 0x0051 | u64{2} << 32);
    EXPECT_EQ(hypervisor.at<u32>(12), 0x10);
    EXPECT_EQ(hypervisor.at<u32>(16), 0x4'0000);
    EXPECT_EQ(hypervisor.at<u64>(40), 2);
    EXPECT_EQ(hypervisor.at<u32>(48), 0x6'0001);
    EXPECT_EQ(hypervisor.at<u64>(64), 3);
    hypervisor.answer = u64{1} << 32;  // stops there for ever
    EXPECT_FALSE(set_vp_registers(hypervisor.port(), Vtl::Vtl0, list));
}

TEST_F(VpRegisters, vtl0_of_another_vp_is_suspended) {
    ASSERT_TRUE(suspend_vtl0_of(hypervisor.port(), 5));
    EXPECT_EQ(hypervisor.control, 0x0051 | u64{1} << 32);
    EXPECT_EQ(hypervisor.at<u32>(8), 5);
    EXPECT_EQ(hypervisor.at<u32>(12), 0x10);
    EXPECT_EQ(hypervisor.at<u32>(16), 4);
    EXPECT_EQ(hypervisor.at<u64>(32), 1);
}

TEST_F(VpRegisters, vtl1_is_started_with_a_plain_vtl) {
    hypervisor.answer = 0;
    tlfs_initial_vp_context context{};
    context.rip = 0x1234;
    ASSERT_TRUE(start_vtl1_of(hypervisor.port(), 3, context));
    EXPECT_EQ(hypervisor.control, 0x0099);
    EXPECT_EQ(hypervisor.at<u32>(8), 3);
    EXPECT_EQ(hypervisor.at<u32>(12), 1);
    EXPECT_EQ(hypervisor.at<u64>(16), 0x1234);
    hypervisor.answer = 0x15;
    EXPECT_FALSE(start_vtl1_of(hypervisor.port(), 3, context));
}

TEST_F(VpRegisters, any_error_is_an_error) {
    for (const u64 status : std::initializer_list<u64>{0x05, 0x06, 0x50, 0x87}) {
        hypervisor.answer = status;
        EXPECT_FALSE(get_vp_register(hypervisor.port(), Vtl::Vtl0, 0x90001).has_value());
        EXPECT_FALSE(set_vp_register(hypervisor.port(), Vtl::Vtl0, 0x90001, {}).has_value());
    }
}

TEST_F(VpRegisters, a_vp_that_has_vtl1_already_is_no_error) {
    hypervisor.answer = 0x86;
    tlfs_initial_vp_context context{};
    context.rip = 0x1234;
    EXPECT_TRUE(enable_vp_vtl1(hypervisor.port(), 3, context).has_value());
    EXPECT_EQ(hypervisor.control, 0x000f);
    EXPECT_EQ(hypervisor.at<u32>(8), 3);
    EXPECT_EQ(hypervisor.at<u32>(12), 1) << "a plain number, not HV_INPUT_VTL";
    EXPECT_EQ(hypervisor.at<u64>(16), 0x1234);
    hypervisor.answer = 0x06;
    EXPECT_FALSE(enable_vp_vtl1(hypervisor.port(), 3, {}).has_value());
}

}  // namespace

u64 call_hypervisor(u64 control, base::Gpa input, base::Gpa output) {
    EXPECT_EQ(input, base::Gpa{0x1000});
    EXPECT_EQ(output, base::Gpa{0x2000});
    hypervisor.control = control;
    base::store_wire(hypervisor.output, 0, hypervisor.value);
    return hypervisor.answer;
}

}  // namespace hv
