// SPDX-License-Identifier: MIT
#include "hypervisor/apic/virtual_apic.h"

#include <gtest/gtest.h>

namespace hypervisor {
namespace {

class VirtualApicTest : public testing::Test {
protected:
    void SetUp() override { apic.reset(true); }

    /// What the CPU does when it takes the next interrupt.
    u8 take() {
        const u8 vector = apic.next();
        if (vector != 0) {
            apic.requested.erase(vector);
            apic.accept(vector);
        }
        return vector;
    }

    VirtualApic apic{};
};

TEST_F(VirtualApicTest, reset_state_is_software_enabled_and_masked) {
    EXPECT_EQ(apic.base, 0xfee0'0900U);
    EXPECT_EQ(apic.spurious.load(), 0x1ffU);
    EXPECT_FALSE(apic.is_x2apic());
    EXPECT_EQ(apic.next(), 0);
    for (const u32 entry : apic.lvt) {
        EXPECT_EQ(entry, 0x1'0000U);
    }
}

TEST_F(VirtualApicTest, vector_set_keeps_every_vector_apart) {
    VectorSet set;
    EXPECT_TRUE(set.insert(31));
    EXPECT_TRUE(set.insert(32));
    EXPECT_FALSE(set.insert(32));
    EXPECT_TRUE(set.insert(255));
    EXPECT_EQ(set.word(0), 0x8000'0000U);
    EXPECT_EQ(set.word(1), 1U);
    EXPECT_EQ(set.word(7), 0x8000'0000U);
    EXPECT_EQ(set.highest(), 255);
    EXPECT_TRUE(set.erase(255));
    EXPECT_FALSE(set.erase(255));
    EXPECT_EQ(set.highest(), 32);
    set.clear();
    EXPECT_EQ(set.highest(), 0);
}

TEST_F(VirtualApicTest, highest_vector_comes_first) {
    for (const u8 vector : {u8{0x31}, u8{0xf3}, u8{0x90}}) {
        EXPECT_TRUE(apic.request(vector));
    }
    EXPECT_FALSE(apic.request(0x31)) << "asked for already";
    EXPECT_EQ(take(), 0xf3);
    EXPECT_EQ(apic.next(), 0) << "0x90 waits for the end of a higher class";
    apic.end_interrupt();
    EXPECT_EQ(take(), 0x90);
    apic.end_interrupt();
    EXPECT_EQ(take(), 0x31);
}

TEST_F(VirtualApicTest, same_class_waits_and_a_higher_one_interrupts) {
    static_cast<void>(apic.request(0x51));
    EXPECT_EQ(take(), 0x51);
    static_cast<void>(apic.request(0x5f));
    EXPECT_EQ(apic.next(), 0);
    static_cast<void>(apic.request(0x60));
    EXPECT_EQ(take(), 0x60);
    apic.end_interrupt();
    EXPECT_EQ(apic.in_service.highest(), 0x51) << "EOI ends the highest";
    EXPECT_EQ(apic.next(), 0);
    apic.end_interrupt();
    EXPECT_EQ(take(), 0x5f);
}

TEST_F(VirtualApicTest, task_priority_masks_its_class_and_below) {
    static_cast<void>(apic.request(0x50));
    EXPECT_EQ(apic.next(), 0x50);
    EXPECT_TRUE(apic.has_deliverable(0x40));
    EXPECT_TRUE(apic.has_deliverable(0x4f));
    EXPECT_FALSE(apic.has_deliverable(0x50));
    EXPECT_FALSE(apic.has_deliverable(0xf0));
}

TEST_F(VirtualApicTest, processor_priority_is_the_higher_of_both) {
    EXPECT_EQ(apic.processor_priority(0), 0);
    static_cast<void>(apic.request(0x73));
    take();
    EXPECT_EQ(apic.processor_priority(0x20), 0x70);
    EXPECT_EQ(apic.processor_priority(0x70), 0x70);
    EXPECT_EQ(apic.processor_priority(0x80), 0x80);
}

TEST_F(VirtualApicTest, auto_eoi_is_never_in_service) {
    apic.request_here(0xf3, true);
    static_cast<void>(apic.request(0x40));
    EXPECT_EQ(take(), 0xf3);
    EXPECT_EQ(apic.in_service.highest(), 0);
    EXPECT_EQ(take(), 0x40) << "nothing is in its way";
    static_cast<void>(apic.request(0xf3));
    EXPECT_EQ(take(), 0xf3);
    EXPECT_EQ(apic.in_service.highest(), 0xf3) << "an IPI with that vector needs its EOI";
}

TEST_F(VirtualApicTest, software_disabled_takes_nothing_and_keeps_its_state) {
    static_cast<void>(apic.request(0x44));
    take();
    static_cast<void>(apic.request(0x55));
    apic.lvt[0] = 0x30;
    apic.write_spurious(0xff);
    EXPECT_EQ(apic.next(), 0);
    EXPECT_FALSE(apic.has_deliverable(0));
    EXPECT_FALSE(apic.request(0x66));
    EXPECT_EQ(apic.lvt[0], 0x1'0030U) << "local vectors are masked";
    apic.write_spurious(0x1ff);
    EXPECT_EQ(apic.in_service.highest(), 0x44);
    EXPECT_EQ(take(), 0x55) << "what was there before is still there, and nothing else";
    EXPECT_EQ(apic.requested.highest(), 0);
}

TEST_F(VirtualApicTest, illegal_vector_is_an_error_that_can_interrupt) {
    apic.request_here(15, false);
    EXPECT_EQ(apic.errors, VirtualApic::error_receive_illegal_vector);
    EXPECT_EQ(apic.next(), 0);
    apic.lvt[VirtualApic::lvt_error] = 0x77;
    apic.note_error(VirtualApic::error_send_illegal_vector);
    EXPECT_EQ(take(), 0x77);
}

TEST_F(VirtualApicTest, end_of_nothing_is_harmless) {
    apic.end_interrupt();
    EXPECT_EQ(apic.in_service.highest(), 0);
}

}  // namespace
}  // namespace hypervisor
