// SPDX-License-Identifier: MIT
// test-with: hypervisor-world
#include "hypervisor/tlfs/synic.h"

#include <array>
#include <gtest/gtest.h>

#include "hypervisor/apic/vtl1_apic.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/tlfs/synthetic_msr.h"
#include "hypervisor/tlfs/synthetic_timers.h"
#include "selftests/host/hypervisor_world.h"

namespace hypervisor {
namespace {

using namespace fake;  // NOLINT: test

constexpr u32 x2apic_command = 0x830;
constexpr u32 sint3 = 3;
constexpr u64 message_timer = TLFS_STIMER_ENABLE | u64{sint3} << TLFS_STIMER_SINT_SHIFT;
constexpr u64 direct_timer =
    TLFS_STIMER_ENABLE | TLFS_STIMER_DIRECT | u64{0x50} << TLFS_STIMER_VECTOR_SHIFT;

/// VTL1 runs on VP 0 and exists on VP 1, whose APIC id is 5; its APICs are in x2APIC mode, the
/// SynIC is on, its message page is placed.
class Vtl1InterruptsTest : public testing::Test {
protected:
    void SetUp() override {
        reset_world();
        for (const usize index : {usize{0}, usize{1}}) {
            VtlContext& vtl1 = vp(index).of(Vtl::Vtl1);
            vtl1.apic.reset(index == 0);
            vtl1.apic.base |= local_apic::base_x2apic;
            vtl1.synic.reset();
            vtl1.synic.messages.is_placed = true;
            vp(index).has_vtl1.store(true);
        }
        vp(0).active = Vtl::Vtl1;
    }

    VtlContext& vtl1(usize index = 0) { return vp(index).of(Vtl::Vtl1); }

    bool write(u32 msr, u64 value) { return write_synthetic_msr(vp(0), msr, value); }

    bool write_apic(u32 msr, u64 value) { return write_vtl1_apic(vp(0), msr, value); }

    u8 requested(usize index = 0) { return vtl1(index).apic.requested.highest(); }

    void forget_requests() {
        vtl1(0).apic.requested.clear();
        vtl1(1).apic.requested.clear();
        kicked_vps().clear();
    }

    tlfs_message_header slot(u32 sint) {
        tlfs_message_header header{};
        std::memcpy(&header, &vtl1().synic.messages.bytes[sint * TLFS_MESSAGE_SLOT_BYTES],
                    sizeof(header));
        return header;
    }

    tlfs_timer_expired timer_message(u32 sint) {
        tlfs_timer_expired body{};
        std::memcpy(&body,
                    &vtl1().synic.messages.bytes[sint * TLFS_MESSAGE_SLOT_BYTES +
                                                 sizeof(tlfs_message_header)],
                    sizeof(body));
        return body;
    }

    void free_slot(u32 sint) {
        std::memset(&vtl1().synic.messages.bytes[sint * TLFS_MESSAGE_SLOT_BYTES], 0,
                    TLFS_MESSAGE_SLOT_BYTES);
    }
};

TEST_F(Vtl1InterruptsTest, an_intercept_goes_to_slot_0_and_a_second_one_waits_outside) {
    const std::array<u8, 4> body{1, 2, 3, 4};
    EXPECT_FALSE(post_intercept(vp(0), TLFS_MESSAGE_GPA_INTERCEPT, body)) << "masked";
    ASSERT_TRUE(write(TLFS_MSR_SINT0, 0xf3 | TLFS_SINT_AUTO_EOI));
    EXPECT_TRUE(post_intercept(vp(0), TLFS_MESSAGE_GPA_INTERCEPT, body));
    EXPECT_EQ(slot(0).type, TLFS_MESSAGE_GPA_INTERCEPT);
    EXPECT_EQ(slot(0).payload_bytes, 4);
    EXPECT_EQ(slot(0).flags, 0);
    EXPECT_EQ(requested(), 0xf3);
    vtl1().apic.requested.erase(0xf3);
    vtl1().apic.accept(0xf3);
    EXPECT_EQ(vtl1().apic.in_service.highest(), 0);
    EXPECT_TRUE(post_intercept(vp(0), TLFS_MESSAGE_GPA_INTERCEPT, body));
    EXPECT_EQ(slot(0).flags, TLFS_MESSAGE_PENDING);
    EXPECT_EQ(requested(), 0xf3) << "VTL1 must come to empty it";
    EXPECT_TRUE(write(TLFS_MSR_SCONTROL, 0));
    EXPECT_FALSE(post_intercept(vp(0), TLFS_MESSAGE_GPA_INTERCEPT, body)) << "off";
}

TEST_F(Vtl1InterruptsTest, polled_sints_get_messages_and_raise_nothing) {
    const std::array<u8, 1> body{1};
    ASSERT_TRUE(write(TLFS_MSR_SINT0 + sint3, TLFS_SINT_POLLING)) << "needs no vector";
    EXPECT_TRUE(post_message(vp(0), sint3, TLFS_MESSAGE_TIMER_EXPIRED, body));
    EXPECT_EQ(slot(sint3).type, TLFS_MESSAGE_TIMER_EXPIRED);
    EXPECT_EQ(requested(), 0);
    EXPECT_FALSE(write(TLFS_MSR_SINT0 + sint3, TLFS_SINT_PROXY | 0x40));
    EXPECT_FALSE(write(TLFS_MSR_SINT0 + sint3, 15));
    EXPECT_TRUE(write(TLFS_MSR_SINT0 + sint3, TLFS_SINT_MASKED | 15));
    EXPECT_FALSE(write(TLFS_MSR_SVERSION, 1)) << "read-only";
}

TEST_F(Vtl1InterruptsTest, a_direct_timer_wakes_the_vp_and_requests_its_vector) {
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_COUNT, 1042));
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_CONFIG, direct_timer));
    run_timers(vp(0));
    EXPECT_EQ(wake_up_delay(), 1000U);
    EXPECT_EQ(requested(), 0);
    set_time(1042);
    run_timers(vp(0));
    EXPECT_EQ(requested(), 0x50);
    EXPECT_EQ(wake_up_delay(), 0U);
    EXPECT_EQ(read_synthetic_msr(vp(0), TLFS_MSR_STIMER0_CONFIG),
              direct_timer & ~TLFS_STIMER_ENABLE);
}

TEST_F(Vtl1InterruptsTest, the_nearest_of_several_timers_counts) {
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_COUNT, 3042));
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_CONFIG, direct_timer));
    ASSERT_TRUE(write(TLFS_MSR_STIMER3_COUNT, 100));
    ASSERT_TRUE(write(TLFS_MSR_STIMER3_COUNT - 1, direct_timer | TLFS_STIMER_PERIODIC));
    run_timers(vp(0));
    EXPECT_EQ(wake_up_delay(), 100U);
    set_time(150);
    run_timers(vp(0));
    EXPECT_EQ(wake_up_delay(), 92U) << "in phase";
    ASSERT_TRUE(write(TLFS_MSR_STIMER3_COUNT, 0));
    run_timers(vp(0));
    EXPECT_EQ(wake_up_delay(), 2892U);
}

TEST_F(Vtl1InterruptsTest, a_timer_message_waits_for_its_slot) {
    ASSERT_TRUE(write(TLFS_MSR_SINT0 + sint3, 0x60));
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_COUNT + 2, 100));
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_CONFIG + 2, message_timer));
    set_time(120);
    run_timers(vp(0));
    EXPECT_EQ(slot(sint3).type, TLFS_MESSAGE_TIMER_EXPIRED);
    EXPECT_EQ(slot(sint3).payload_bytes, 24);
    EXPECT_EQ(timer_message(sint3).timer_index, 1U);
    EXPECT_EQ(timer_message(sint3).expiration_time, 100U);
    EXPECT_EQ(timer_message(sint3).delivery_time, 120U);
    EXPECT_EQ(requested(), 0x60);
    forget_requests();
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_COUNT + 2, 200));
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_CONFIG + 2, message_timer));
    set_time(200);
    run_timers(vp(0));
    EXPECT_EQ(slot(sint3).flags, TLFS_MESSAGE_PENDING);
    EXPECT_EQ(requested(), 0) << "nothing new to be seen";
    free_slot(sint3);
    EXPECT_TRUE(write(TLFS_MSR_EOM, 0));
    set_time(230);
    run_timers(vp(0));
    EXPECT_EQ(timer_message(sint3).expiration_time, 200U);
    EXPECT_EQ(timer_message(sint3).delivery_time, 230U);
    EXPECT_EQ(requested(), 0x60);
}

TEST_F(Vtl1InterruptsTest, an_nmi_is_the_timers_as_long_as_one_may_come) {
    EXPECT_FALSE(take_wake_up(vp(0), false));
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_COUNT, 1042));
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_CONFIG, direct_timer));
    run_timers(vp(0));
    EXPECT_TRUE(take_wake_up(vp(0), true));
    set_time(542);
    run_timers(vp(0));
    EXPECT_EQ(wake_up_delay(), 500U) << "set again: the kick may have swallowed it";
    ASSERT_TRUE(write(TLFS_MSR_STIMER0_COUNT, 0));
    run_timers(vp(0));
    EXPECT_EQ(wake_up_delay(), 0U);
    EXPECT_TRUE(take_wake_up(vp(0), false)) << "it was under way";
    EXPECT_FALSE(take_wake_up(vp(0), false));
}

TEST_F(Vtl1InterruptsTest, vtl0_has_no_timers) {
    vp(0).active = Vtl::Vtl0;
    EXPECT_FALSE(read_synthetic_msr(vp(0), TLFS_MSR_STIMER0_CONFIG));
    EXPECT_FALSE(write(TLFS_MSR_STIMER0_CONFIG, 0));
}

TEST_F(Vtl1InterruptsTest, ipis_reach_vtl1_of_those_addressed_and_kick_them) {
    ASSERT_TRUE(write_apic(x2apic_command, u64{5} << 32 | 0x51));
    EXPECT_EQ(requested(0), 0);
    EXPECT_EQ(requested(1), 0x51);
    EXPECT_EQ(kicked_vps(), std::vector<u32>{1});
    ASSERT_TRUE(write_apic(x2apic_command, u64{5} << 32 | 0x51));
    EXPECT_EQ(kicked_vps().size(), 1U) << "it looks already";
    forget_requests();
    ASSERT_TRUE(write_apic(x2apic_command, 0x8'0052));  // all
    EXPECT_EQ(requested(0), 0x52);
    EXPECT_EQ(requested(1), 0x52);
    EXPECT_EQ(kicked_vps(), std::vector<u32>{1}) << "not itself";
    forget_requests();
    ASSERT_TRUE(write_apic(x2apic_command, u64{0x21} << 32 | 0x0853));  // logical, cluster 0
    EXPECT_EQ(requested(0), 0x53);
    EXPECT_EQ(requested(1), 0x53);
    forget_requests();
    ASSERT_TRUE(write_apic(x2apic_command, u64{0x21} << 32 | 0x0954));  // lowest priority
    EXPECT_EQ(requested(0), 0x54);
    EXPECT_EQ(requested(1), 0);
    forget_requests();
    ASSERT_TRUE(write_apic(0x83f, 0x55));  // self IPI
    EXPECT_EQ(requested(0), 0x55);
    ASSERT_TRUE(write(TLFS_MSR_ICR, u64{5} << 56 | 0x56));
    EXPECT_EQ(requested(1), 0x56);
}

TEST_F(Vtl1InterruptsTest, what_vtl1_may_not_send_is_dropped) {
    for (const u64 delivery : {2U, 3U, 5U, 6U, 7U}) {  // SMI, reserved, INIT, start-up, ExtINT
        ASSERT_TRUE(write_apic(x2apic_command, u64{5} << 32 | 0x4060 | delivery << 8));
    }
    EXPECT_EQ(requested(1), 0);
    EXPECT_TRUE(kicked_vps().empty());
    EXPECT_FALSE(write_apic(x2apic_command, u64{1} << 20)) << "reserved";
    vp(1).has_vtl1.store(false);
    ASSERT_TRUE(write_apic(x2apic_command, u64{5} << 32 | 0x51));
    EXPECT_EQ(requested(1), 0);
    ASSERT_TRUE(write_apic(x2apic_command, 0x4'000f));
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x828), 0U);
    ASSERT_TRUE(write_apic(0x828, 0));
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x828), VirtualApic::error_send_illegal_vector);
}

TEST_F(Vtl1InterruptsTest, an_nmi_makes_vtl1_enter) {
    EXPECT_FALSE(wants_to_enter(vtl1(1)));
    ASSERT_TRUE(write_apic(x2apic_command, u64{5} << 32 | 0x0400));
    EXPECT_TRUE(wants_to_enter(vtl1(1)));
    EXPECT_EQ(kicked_vps(), std::vector<u32>{1});
    vtl1(1).nmi_masked = true;
    EXPECT_FALSE(wants_to_enter(vtl1(1)));
    EXPECT_FALSE(vp(1).of(Vtl::Vtl0).nmi_requested.load()) << "VTL0 has no part in it";
}

TEST_F(Vtl1InterruptsTest, apic_registers_as_x2apic_has_them) {
    EXPECT_EQ(read_vtl1_apic(vp(1), 0x802), 5U);
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x803), 0x5'0014U);
    EXPECT_EQ(read_vtl1_apic(vp(1), 0x80d), 0x20U);
    ASSERT_TRUE(write_apic(0x808, 0x35));
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x808), 0x30U);
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x80a), 0x30U);
    EXPECT_FALSE(write_apic(0x808, 0x100));
    static_cast<void>(vtl1().apic.request(0x51));
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x822), u64{1} << 17);
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x81a), 0U);
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x812), 0U);
    EXPECT_FALSE(write_apic(0x822, 1)) << "read-only";
    EXPECT_FALSE(read_vtl1_apic(vp(0), 0x80b)) << "write-only";
    EXPECT_FALSE(write_apic(0x80b, 1));
    EXPECT_TRUE(write_apic(0x835, 0x1'0400));
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x835), 0x1'0400U);
    EXPECT_FALSE(write_apic(0x832, 0x8'0000)) << "reserved";
    EXPECT_FALSE(write_apic(0x838, 1)) << "no timer";
    EXPECT_FALSE(read_vtl1_apic(vp(0), 0x839));
    EXPECT_FALSE(write_apic(0x82f, 0)) << "no CMCI";
}

TEST_F(Vtl1InterruptsTest, outside_of_x2apic_mode_only_the_base_is_there) {
    vtl1().apic.reset(true);
    EXPECT_FALSE(read_vtl1_apic(vp(0), 0x802));
    EXPECT_FALSE(write_apic(0x80b, 0));
    EXPECT_TRUE(write(TLFS_MSR_EOI, 0));
    EXPECT_FALSE(write_apic(msr_apic_base, 0xfee0'0100)) << "off";
    EXPECT_TRUE(write_apic(msr_apic_base, 0xfee0'0d00));
    EXPECT_FALSE(write_apic(msr_apic_base, 0xfee0'0900)) << "back";
    EXPECT_EQ(read_vtl1_apic(vp(0), 0x802), 0U);
}

}  // namespace
}  // namespace hypervisor
