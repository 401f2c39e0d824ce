// SPDX-License-Identifier: MIT
// test-with: hypervisor-world
#include "hypervisor/tlfs/hypercall.h"
#include "selftests/host/hypercall_fixture.h"

namespace hypervisor {
namespace {

using namespace fake;  // NOLINT: test

using OtherVpsTest = HypercallFixture;

TEST_F(OtherVpsTest, only_vtl1_starts_processors_and_only_waiting_ones) {
    const auto start = [&](u32 index, u8 vtl = 1) {
        tlfs_enable_vp_vtl input = enable_vp(index);
        input.target_vtl = vtl;
        return status_of(hypercall(vp(0), TLFS_CALL_START_VIRTUAL_PROCESSOR, bytes_of(input)));
    };
    EXPECT_EQ(start(1), TLFS_STATUS_ACCESS_DENIED);
    enter_vtl1();
    EXPECT_EQ(start(TLFS_VP_SELF), TLFS_STATUS_INVALID_VP_INDEX);
    EXPECT_EQ(start(9), TLFS_STATUS_INVALID_VP_INDEX);
    EXPECT_EQ(start(1, 0), TLFS_STATUS_INVALID_VP_STATE) << "runs";
    vp(1).startup_suspended.store(true);
    EXPECT_EQ(start(1), TLFS_STATUS_INVALID_VP_STATE) << "has no VTL1";
    ASSERT_EQ(enable(vp(0), 1), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(start(1), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(vp(1).active, Vtl::Vtl1);
    EXPECT_TRUE(vp(1).startup_suspended.load()) << "only VTL1 was started";
    EXPECT_EQ(start(1), TLFS_STATUS_INVALID_VP_STATE) << "VTL1 runs";
    vp(1).active = Vtl::Vtl0;
    EXPECT_EQ(start(1, 0), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(vp(1).active, Vtl::Vtl1) << "the highest VTL first";
    EXPECT_EQ(vp(1).of(Vtl::Vtl0).vmcb.rip, long_mode_context().rip);
    EXPECT_FALSE(vp(1).startup_suspended.load());
}

TEST_F(OtherVpsTest, vtl1_reaches_the_registers_of_another_vp) {
    const auto access = [&](Vp& caller, u32 index, bool write) {
        const tlfs_vp_registers_header header{TLFS_PARTITION_SELF, index, use_vtl0, {}};
        const tlfs_register_assignment assignment{TLFS_REG_LSTAR, {}, {0x1000, 0}};
        return write ? hypercall(caller, rep_call(TLFS_CALL_SET_VP_REGISTERS, 1),
                                 bytes_of(header, assignment))
                     : hypercall(caller, rep_call(TLFS_CALL_GET_VP_REGISTERS, 1),
                                 bytes_of(header, u32{TLFS_REG_LSTAR}));
    };
    EXPECT_EQ(access(vp(0), 1, false), TLFS_STATUS_ACCESS_DENIED) << "VTL0";
    EXPECT_EQ(access(vp(0), 1, true), TLFS_STATUS_INVALID_VP_INDEX) << "VTL0";
    enter_vtl1();
    EXPECT_EQ(access(vp(0), 2, false), TLFS_STATUS_INVALID_VP_INDEX);
    EXPECT_EQ(access(vp(0), 2, true), TLFS_STATUS_INVALID_VP_INDEX);
    EXPECT_EQ(access(vp(0), 0, false), u64{1} << TLFS_RESULT_REPS_SHIFT) << "itself by number";
    EXPECT_TRUE(called_vps().empty());
    EXPECT_EQ(access(vp(0), 1, true), u64{1} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_EQ(vp(1).of(Vtl::Vtl0).vmcb.lstar, 0x1000U);
    EXPECT_EQ(vp(0).of(Vtl::Vtl0).vmcb.lstar, 0U);
    EXPECT_EQ(access(vp(0), 1, false), u64{1} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_EQ(output<u64>(0), 0x1000U);
    EXPECT_EQ(called_vps(), (std::vector<u32>{1, 1}));
}

TEST_F(OtherVpsTest, vtl1_holds_and_releases_the_start_of_vtl0) {
    EXPECT_EQ(get(0, TLFS_REG_INTERNAL_ACTIVITY_STATE), TLFS_STATUS_ACCESS_DENIED) << "VTL0";
    EXPECT_EQ(set(0, TLFS_REG_INTERNAL_ACTIVITY_STATE, 0), TLFS_STATUS_ACCESS_DENIED);
    enter_vtl1();
    EXPECT_EQ(set(use_vtl0, TLFS_REG_INTERNAL_ACTIVITY_STATE, 2),
              TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_INTERNAL_ACTIVITY_STATE, 1), TLFS_STATUS_SUCCESS);
    EXPECT_TRUE(vp(0).startup_suspended.load());
    EXPECT_EQ(get(use_vtl0, TLFS_REG_INTERNAL_ACTIVITY_STATE), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(output<u64>(0), 1U);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_INTERNAL_ACTIVITY_STATE, 0), TLFS_STATUS_SUCCESS);
    EXPECT_FALSE(vp(0).startup_suspended.load());
}

TEST_F(OtherVpsTest, vtl1_can_give_vtl0_a_real_mode_start_state) {
    enter_vtl1();
    const tlfs_segment_register code{0x9'9000, 0xffff, 0x9900, 0x9b};
    const auto words = std::bit_cast<tlfs_register_value>(code);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_CR0, 0x10), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_EFER, 0), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_RIP, 0), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_CS, words.low, words.high), TLFS_STATUS_SUCCESS);
    const Vmcb& vmcb = vp(0).of(Vtl::Vtl0).vmcb;
    EXPECT_EQ(vmcb.cs.base, 0x9'9000U);
    EXPECT_EQ(vmcb.efer, efer_svme);
    EXPECT_EQ(vmcb.cpl, 0U);
}

TEST_F(OtherVpsTest, the_configuration_says_what_a_reset_and_a_start_do) {
    enter_vtl1();
    EXPECT_EQ(get(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(output<u64>(0), TLFS_VSM_ZERO_MEMORY_ON_RESET);
    constexpr u64 all = 0x1f | TLFS_VSM_ZERO_MEMORY_ON_RESET | TLFS_VSM_DENY_LOWER_VTL_STARTUP |
                        TLFS_VSM_INTERCEPT_VP_STARTUP;
    EXPECT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, all), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(get(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(output<u64>(0), all);
    EXPECT_EQ(get(use_vtl1, TLFS_REG_VSM_CAPABILITIES), TLFS_STATUS_SUCCESS);
    EXPECT_NE(output<u64>(0) & TLFS_VSM_CAN_DENY_LOWER_VTL_STARTUP, 0U);
}

TEST_F(OtherVpsTest, apic_ids_become_vp_indices) {
    const tlfs_vp_index_from_apic_id header{TLFS_PARTITION_SELF, 0, {}};
    const u64 result = hypercall(vp(0), rep_call(TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, 3),
                                 bytes_of(header, u32{5}, u32{0}, u32{4}));
    EXPECT_EQ(status_of(result), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(reps_of(result), 2U);
    EXPECT_EQ(output<u32>(0), 1U);
    EXPECT_EQ(output<u32>(1), 0U);
}

}  // namespace
}  // namespace hypervisor
