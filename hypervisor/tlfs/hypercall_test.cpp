// SPDX-License-Identifier: MIT
// test-with: hypervisor-world
#include "hypervisor/tlfs/hypercall.h"

#include "hypervisor/tlfs/synthetic_msr.h"
#include "selftests/host/hypercall_fixture.h"

namespace hypervisor {
namespace {

using namespace fake;  // NOLINT: test

class HypercallTest : public HypercallFixture {
protected:
    u64 protect(u32 flags, u8 vtl, std::vector<u64> pages) {
        const tlfs_modify_vtl_protection_mask header{TLFS_PARTITION_SELF, flags, vtl, {}};
        std::vector<u8> input = bytes_of(header);
        for (const u64 page : pages) {
            append(input, page);
        }
        return hypercall(vp(0), rep_call(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, pages.size()),
                         input);
    }
};

TEST_F(HypercallTest, user_mode_and_real_mode_get_invalid_opcode) {
    vp(0).vmcb().cpl = 3;
    hypercall(vp(0), TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, {});
    EXPECT_EQ(vp(0).context().pending.get(Event::vector), vector_invalid_opcode);
    reset_world();
    vp(0).vmcb().cr0 = 0;
    hypercall(vp(0), TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, {});
    EXPECT_EQ(vp(0).context().pending.get(Event::vector), vector_invalid_opcode);
    EXPECT_EQ(vp(0).vmcb().rip, 0U);
}

TEST_F(HypercallTest, without_a_guest_os_there_are_no_hypercalls) {
    partition.lock()->of(Vtl::Vtl0).guest_os_id = 0;
    hypercall(vp(0), TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, {});
    EXPECT_EQ(vp(0).context().pending.get(Event::vector), vector_invalid_opcode);
}

TEST_F(HypercallTest, unknown_codes_are_named_before_anything_else) {
    EXPECT_EQ(hypercall(vp(0), 0x000e, {}), TLFS_STATUS_INVALID_HYPERCALL_CODE);
    EXPECT_EQ(hypercall(vp(0), 0x0010 | TLFS_CALL_RESERVED, {}),
              TLFS_STATUS_INVALID_HYPERCALL_CODE);
    EXPECT_EQ(vp(0).vmcb().rip, 6U);
}

TEST_F(HypercallTest, long_spin_wait_succeeds) {
    EXPECT_EQ(hypercall(vp(0), TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, bytes_of(u64{7})), 0U);
}

TEST_F(HypercallTest, misaligned_and_page_crossing_input_is_refused) {
    vp(0).registers.rcx = TLFS_CALL_ENABLE_PARTITION_VTL;
    for (const u64 gpa : {u64{0x10'0004}, u64{0x10'0ff8}, ~u64{0} - 7}) {
        vp(0).registers.rdx = gpa;
        handle_vmmcall(vp(0));
        EXPECT_EQ(vp(0).vmcb().rax, TLFS_STATUS_INVALID_ALIGNMENT) << gpa;
    }
    EXPECT_FALSE(partition.lock()->has_vtl1);
}

TEST_F(HypercallTest, input_outside_of_ram_is_refused) {
    vp(0).registers.rcx = TLFS_CALL_ENABLE_PARTITION_VTL;
    vp(0).registers.rdx = 0xfee0'0000;
    handle_vmmcall(vp(0));
    EXPECT_EQ(vp(0).vmcb().rax, TLFS_STATUS_INVALID_PARAMETER);
}

TEST_F(HypercallTest, fast_input_comes_in_two_general_registers) {
    vp(0).registers.rcx = TLFS_CALL_ENABLE_PARTITION_VTL | TLFS_CALL_FAST;
    vp(0).registers.rdx = TLFS_PARTITION_SELF;
    vp(0).registers.r8 = 1;
    handle_vmmcall(vp(0));
    EXPECT_EQ(vp(0).vmcb().rax, TLFS_STATUS_SUCCESS);
    EXPECT_TRUE(partition.lock()->has_vtl1);
}

TEST_F(HypercallTest, fast_input_goes_on_in_xmm_registers) {
    enter_vtl1();
    vp(0).registers.rcx = rep_call(TLFS_CALL_SET_VP_REGISTERS, 1) | TLFS_CALL_FAST;
    vp(0).registers.rdx = TLFS_PARTITION_SELF;
    vp(0).registers.r8 = TLFS_VP_SELF | u64{use_vtl0} << 32;
    xmm_registers() = {TLFS_REG_LSTAR, 0, 0x1234'5000, 0};
    handle_vmmcall(vp(0));
    EXPECT_EQ(vp(0).vmcb().rax, u64{1} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_EQ(vp(0).of(Vtl::Vtl0).vmcb.lstar, 0x1234'5000U);
    xmm_registers() = {TLFS_REG_LSTAR, 0, 1, 0, TLFS_REG_LSTAR, 0, 2, 0, TLFS_REG_LSTAR, 0, 3, 0};
    vp(0).registers.rcx = rep_call(TLFS_CALL_SET_VP_REGISTERS, 3) | TLFS_CALL_FAST;
    handle_vmmcall(vp(0));
    EXPECT_EQ(vp(0).vmcb().rax, u64{3} << TLFS_RESULT_REPS_SHIFT) << "112 bytes";
    EXPECT_EQ(vp(0).of(Vtl::Vtl0).vmcb.lstar, 3U);
}

TEST_F(HypercallTest, fast_input_ends_at_112_bytes_and_has_no_output) {
    vp(0).registers.rcx = TLFS_CALL_ENABLE_VP_VTL | TLFS_CALL_FAST;
    handle_vmmcall(vp(0));
    EXPECT_EQ(vp(0).vmcb().rax, TLFS_STATUS_INVALID_HYPERCALL_INPUT);
    vp(0).registers.rcx = rep_call(TLFS_CALL_SET_VP_REGISTERS, 4) | TLFS_CALL_FAST;
    handle_vmmcall(vp(0));
    EXPECT_EQ(vp(0).vmcb().rax, TLFS_STATUS_INVALID_HYPERCALL_INPUT);
    vp(0).registers.rcx = rep_call(TLFS_CALL_GET_VP_REGISTERS, 1) | TLFS_CALL_FAST;
    handle_vmmcall(vp(0));
    EXPECT_EQ(vp(0).context().pending.get(Event::vector), vector_invalid_opcode);
}

TEST_F(HypercallTest, partition_vtl_is_enabled_once) {
    EXPECT_EQ(enable_partition(), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(enable_partition(), TLFS_STATUS_INVALID_VTL_STATE);
    EXPECT_EQ(get(0, TLFS_REG_VSM_PARTITION_STATUS), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(output<u64>(0), 0x1'0003U);
}

TEST_F(HypercallTest, partition_vtl_2_shadow_stacks_and_reserved_bytes_are_refused) {
    const auto call = [&](const tlfs_enable_partition_vtl& input) {
        return status_of(hypercall(vp(0), TLFS_CALL_ENABLE_PARTITION_VTL, bytes_of(input)));
    };
    EXPECT_EQ(call({TLFS_PARTITION_SELF, 2, 0, {}}), TLFS_STATUS_ACCESS_DENIED);
    EXPECT_EQ(call({TLFS_PARTITION_SELF, 1, 2, {}}), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(call({TLFS_PARTITION_SELF, 1, 0, {0, 1}}), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(call({1, 1, 0, {}}), TLFS_STATUS_INVALID_PARTITION_ID);
    EXPECT_FALSE(partition.lock()->has_vtl1);
}

TEST_F(HypercallTest, mbec_is_asked_for_with_the_partition_and_enabled_on_each_vp) {
    ASSERT_EQ(enable_partition(TLFS_ENABLE_PARTITION_VTL_MBEC), TLFS_STATUS_SUCCESS);
    EXPECT_TRUE(partition.lock()->has_mbec);
    vp(0).active = Vtl::Vtl1;
    ASSERT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(set(use_vtl1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, 0),
              TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(set(use_vtl1, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, 1), TLFS_STATUS_SUCCESS);
    EXPECT_TRUE(vp(0).mbec_enabled);
    EXPECT_EQ(status_of(protect(0x9, use_vtl1, {0x200})), TLFS_STATUS_SUCCESS);
}

TEST_F(HypercallTest, vtl0_enables_vtl1_on_itself_once_and_vtl1_elsewhere) {
    EXPECT_EQ(enable(vp(0), TLFS_VP_SELF), TLFS_STATUS_INVALID_VTL_STATE);
    ASSERT_EQ(enable_partition(), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(enable(vp(0), 1), TLFS_STATUS_ACCESS_DENIED);
    EXPECT_EQ(enable(vp(0), 9), TLFS_STATUS_INVALID_VP_INDEX);
    EXPECT_EQ(enable(vp(0), TLFS_VP_SELF), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(enable(vp(1), TLFS_VP_SELF), TLFS_STATUS_ACCESS_DENIED);
    EXPECT_FALSE(vp(1).has_vtl1.load());
    vp(0).active = Vtl::Vtl1;
    EXPECT_EQ(enable(vp(0), 1), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(enable(vp(0), 1), TLFS_STATUS_VTL_ALREADY_ENABLED);
    EXPECT_TRUE(vp(1).has_vtl1.load());
    EXPECT_EQ(vp(1).of(Vtl::Vtl1).vmcb.rip, long_mode_context().rip);
    EXPECT_EQ(vp(1).of(Vtl::Vtl1).apic.spurious, 0x1ffU);
}

TEST_F(HypercallTest, a_context_that_vmrun_would_refuse_is_refused) {
    ASSERT_EQ(enable_partition(), TLFS_STATUS_SUCCESS);
    const auto refuses = [&](auto change) {
        tlfs_enable_vp_vtl input = enable_vp(TLFS_VP_SELF);
        change(input.context);
        return status_of(hypercall(vp(0), TLFS_CALL_ENABLE_VP_VTL, bytes_of(input))) ==
               TLFS_STATUS_INVALID_PARAMETER;
    };
    using Context = tlfs_initial_vp_context;
    EXPECT_TRUE(refuses([](Context& c) { c.efer = 0; }));
    EXPECT_TRUE(refuses([](Context& c) { c.efer |= 1 << 12; }));
    EXPECT_TRUE(refuses([](Context& c) { c.cr4 = 0; }));
    EXPECT_TRUE(refuses([](Context& c) { c.cr4 |= u64{1} << 31; }));
    EXPECT_TRUE(refuses([](Context& c) { c.cr0 |= u64{1} << 40; }));
    EXPECT_TRUE(refuses([](Context& c) { c.cr3 = ~u64{0}; }));
    EXPECT_TRUE(refuses([](Context& c) { c.rip = u64{1} << 60; }));
    EXPECT_TRUE(refuses([](Context& c) { c.rflags = 1 << 17; }));
    EXPECT_TRUE(refuses([](Context& c) { c.pat = 2; }));
    EXPECT_TRUE(refuses([](Context& c) { c.cs.attributes = 0xc09b; }));
    EXPECT_FALSE(vp(0).has_vtl1.load());
}

TEST_F(HypercallTest, vtl0_reaches_no_register_of_vtl1) {
    ASSERT_EQ(enable_partition(), TLFS_STATUS_SUCCESS);
    ASSERT_EQ(enable(vp(0), TLFS_VP_SELF), TLFS_STATUS_SUCCESS);
    for (const u32 name :
         {TLFS_REG_RIP, TLFS_REG_CR3, TLFS_REG_SIMP, TLFS_REG_VSM_PARTITION_CONFIG}) {
        EXPECT_EQ(get(use_vtl1, name), TLFS_STATUS_ACCESS_DENIED);
        EXPECT_EQ(set(use_vtl1, name, 0x1f), TLFS_STATUS_ACCESS_DENIED);
    }
    EXPECT_EQ(get(use_vtl0, TLFS_REG_CR3), TLFS_STATUS_ACCESS_DENIED);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_PENDING_EVENT0, 1), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(get(0xe0, TLFS_REG_CR3), TLFS_STATUS_INVALID_PARAMETER);
}

TEST_F(HypercallTest, vtl1_reads_and_writes_registers_of_vtl0) {
    enter_vtl1();
    EXPECT_EQ(set(use_vtl0, TLFS_REG_LSTAR, 0xffff'ffff'8100'0000), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(vp(0).of(Vtl::Vtl0).vmcb.lstar, 0xffff'ffff'8100'0000U);
    EXPECT_EQ(get(use_vtl0, TLFS_REG_LSTAR), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(output<u64>(0), 0xffff'ffff'8100'0000U);
    EXPECT_EQ(get(use_vtl0, TLFS_REG_EFER), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(output<u64>(0), efer_lme | efer_lma) << "SVME is the host's";
    EXPECT_EQ(get(use_vtl0, TLFS_REG_CS), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(output<tlfs_segment_register>(0).attributes, 0xa09bU);
    EXPECT_EQ(get(use_vtl1, TLFS_REG_LSTAR), TLFS_STATUS_ACCESS_DENIED) << "its own";
}

TEST_F(HypercallTest, values_that_a_cpu_would_refuse_are_refused) {
    enter_vtl1();
    EXPECT_EQ(set(use_vtl0, TLFS_REG_LSTAR, u64{1} << 60), TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_EFER, efer_svme), TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_PAT, 2), TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_SFMASK, u64{1} << 32), TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_CR0, u64{1} << 31), TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(set(use_vtl0, 0x0008'0099, 0), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(set(use_vtl1, TLFS_REG_VSM_VP_STATUS, 0), TLFS_STATUS_ACCESS_DENIED);
}

TEST_F(HypercallTest, a_register_list_stops_at_the_first_error) {
    enter_vtl1();
    const tlfs_vp_registers_header header{TLFS_PARTITION_SELF, TLFS_VP_SELF, use_vtl0, {}};
    const u64 result =
        hypercall(vp(0), rep_call(TLFS_CALL_GET_VP_REGISTERS, 3),
                  bytes_of(header, u32{TLFS_REG_CR3}, u32{0x7777'7777}, u32{TLFS_REG_CR4}));
    EXPECT_EQ(status_of(result), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(reps_of(result), 1U);
}

TEST_F(HypercallTest, pending_events_reach_vtl0_and_combine) {
    enter_vtl1();
    const u64 gp =
        TLFS_EVENT_PENDING | TLFS_EVENT_DELIVER_ERROR_CODE | u64{13} << TLFS_EVENT_VECTOR_SHIFT;
    EXPECT_EQ(set(use_vtl0, TLFS_REG_PENDING_EVENT0, gp), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(vp(0).of(Vtl::Vtl0).pending, make_exception(13, 0));
    EXPECT_EQ(set(use_vtl0, TLFS_REG_PENDING_EVENT0, gp), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(vp(0).of(Vtl::Vtl0).pending.get(Event::vector), vector_double_fault);
    EXPECT_EQ(set(use_vtl0, TLFS_REG_PENDING_EVENT0, gp & ~u64{TLFS_EVENT_DELIVER_ERROR_CODE}),
              TLFS_STATUS_INVALID_REGISTER_VALUE);
    for (const u64 vector : {2U, 9U, 15U, 20U, 22U, 99U}) {
        EXPECT_EQ(set(use_vtl0, TLFS_REG_PENDING_EVENT0, u64{TLFS_EVENT_PENDING} | vector << 16),
                  TLFS_STATUS_INVALID_REGISTER_VALUE)
            << vector;
    }
}

TEST_F(HypercallTest, protection_needs_vtl1_and_its_configuration) {
    EXPECT_EQ(status_of(protect(0, use_vtl1, {1})), TLFS_STATUS_ACCESS_DENIED) << "VTL0 asks";
    EXPECT_EQ(status_of(protect(0, 0, {1})), TLFS_STATUS_INVALID_PARAMETER) << "VTL0 on itself";
    enter_vtl1();
    EXPECT_EQ(status_of(protect(0, use_vtl1, {1})), TLFS_STATUS_ACCESS_DENIED) << "not enabled";
    EXPECT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(status_of(protect(0, use_vtl0, {1})), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(status_of(protect(0x9, use_vtl1, {1})), TLFS_STATUS_INVALID_REGISTER_VALUE);
    EXPECT_EQ(protect(0, use_vtl1, {0x200, 0x201}), u64{2} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_FALSE(partition.lock()->of(Vtl::Vtl0).nested.find(0x20'0000));
    EXPECT_TRUE(partition.lock()->of(Vtl::Vtl1).nested.find(0x20'0000));
    EXPECT_GT(flush_count(), 0U);
}

TEST_F(HypercallTest, protection_stops_at_the_first_page_that_is_not_ram) {
    enter_vtl1();
    ASSERT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f), TLFS_STATUS_SUCCESS);
    for (const u64 bad : {u64{ram_bytes >> 12}, u64{0xfee00}, u64{1} << 52, ~u64{0}}) {
        const u64 result = protect(1, use_vtl1, {0x300, bad, 0x301});
        EXPECT_EQ(status_of(result), TLFS_STATUS_INVALID_PARAMETER);
        EXPECT_EQ(reps_of(result), 1U);
    }
    EXPECT_FALSE(partition.lock()->of(Vtl::Vtl0).nested.find(0x30'0000)->rights.writable);
    EXPECT_TRUE(partition.lock()->of(Vtl::Vtl0).nested.find(0x30'1000)->rights.writable);
}

TEST_F(HypercallTest, the_page_list_is_read_once) {
    enter_vtl1();
    ASSERT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f), TLFS_STATUS_SUCCESS);
    set_after_read([] { std::memset(&memory()[input_gpa], 0xff, 64); });
    EXPECT_EQ(protect(0, use_vtl1, {0x200}), u64{1} << TLFS_RESULT_REPS_SHIFT);
}

TEST_F(HypercallTest, an_overlay_covers_ram_and_keeps_it_from_being_restricted) {
    ASSERT_TRUE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_HYPERCALL, 0x20'0001));
    {
        auto locked = partition.lock();
        const std::optional<Leaf> leaf = locked->of(Vtl::Vtl0).nested.find(0x20'0000);
        EXPECT_NE(leaf->target, 0x20'0000U);
        EXPECT_EQ(leaf->rights, (LeafRights{.writable = false, .executable = true}));
        EXPECT_EQ(locked->of(Vtl::Vtl0).hypercall_page.bytes[0], 0xf3) << "ENDBR64 comes first";
        EXPECT_EQ(locked->of(Vtl::Vtl1).nested.find(0x20'0000)->target, 0x20'0000U);
    }
    enter_vtl1();
    ASSERT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(status_of(protect(0, use_vtl1, {0x200})), TLFS_STATUS_OPERATION_DENIED);
    ASSERT_TRUE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_HYPERCALL, 0));
    EXPECT_EQ(partition.lock()->of(Vtl::Vtl0).nested.find(0x20'0000)->target, 0x20'0000U);
}

TEST_F(HypercallTest, an_overlay_that_goes_gives_no_right_that_vtl1_took) {
    constexpr u32 read_write = 3;
    enter_vtl1();
    ASSERT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f), TLFS_STATUS_SUCCESS);
    ASSERT_EQ(status_of(protect(read_write, use_vtl1, {0x200})), TLFS_STATUS_SUCCESS);
    ASSERT_TRUE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_VP_ASSIST_PAGE, 0x20'0001));
    ASSERT_TRUE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_VP_ASSIST_PAGE, 0));
    EXPECT_EQ(partition.lock()->of(Vtl::Vtl0).nested.find(0x20'0000)->rights,
              (LeafRights{.writable = true, .executable = false}));
}

TEST_F(HypercallTest, overlays_on_closed_memory_mmio_or_each_other_are_refused) {
    enter_vtl1();
    ASSERT_EQ(set(use_vtl1, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f), TLFS_STATUS_SUCCESS);
    ASSERT_EQ(status_of(protect(0, use_vtl1, {0x200})), TLFS_STATUS_SUCCESS);
    ASSERT_EQ(status_of(protect(1, use_vtl1, {0x201})), TLFS_STATUS_SUCCESS);
    EXPECT_FALSE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_VP_ASSIST_PAGE, 0x20'0001));
    EXPECT_FALSE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_VP_ASSIST_PAGE, 0x20'1001))
        << "not writable";
    EXPECT_FALSE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_VP_ASSIST_PAGE, 0xfee0'0001));
    ASSERT_TRUE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_VP_ASSIST_PAGE, 0x30'0001));
    EXPECT_FALSE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_SIMP, 0x30'0001));
    EXPECT_FALSE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_VP_ASSIST_PAGE, 0xfee0'0001));
    EXPECT_EQ(vp(0).of(Vtl::Vtl0).vp_assist, 0x30'0001U) << "a refused write changes nothing";
}

TEST_F(HypercallTest, synthetic_msrs_that_are_not_listed_fault) {
    for (const u32 msr :
         {0x4000'0003U, 0x4000'0010U, 0x4000'00b0U, 0x4000'0100U, 0x4000'0105U, 0x4000'0106U}) {
        EXPECT_FALSE(read_synthetic_msr(vp(0), msr)) << msr;
        EXPECT_FALSE(write_synthetic_msr(vp(0), msr, 1)) << msr;
    }
    EXPECT_FALSE(write_synthetic_msr(vp(0), TLFS_MSR_VP_INDEX, 1)) << "read-only";
}

TEST_F(HypercallTest, the_hypercall_page_goes_with_the_guest_os) {
    ASSERT_TRUE(write_synthetic_msr(vp(0), TLFS_MSR_HYPERCALL, 0x20'0001));
    ASSERT_TRUE(write_synthetic_msr(vp(0), TLFS_MSR_GUEST_OS_ID, 0));
    EXPECT_EQ(read_synthetic_msr(vp(0), TLFS_MSR_HYPERCALL), 0x20'0000U);
    EXPECT_FALSE(partition.lock()->of(Vtl::Vtl0).hypercall_page.is_placed);
    ASSERT_TRUE(write_synthetic_msr(vp(0), TLFS_MSR_HYPERCALL, 0x20'0001));
    EXPECT_EQ(read_synthetic_msr(vp(0), TLFS_MSR_HYPERCALL), 0x20'0000U) << "stays off";
}

}  // namespace
}  // namespace hypervisor
