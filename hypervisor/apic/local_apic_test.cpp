// SPDX-License-Identifier: MIT
// test-with: hypervisor/apic/local_apic.cpp hypervisor/svm/vp.cpp
// test-with: selftests/fuzz/fake_cpu.cpp selftests/fuzz/fake_pci.cpp
// test-with: hypervisor/npt/page_table.cpp hypervisor/npt/frame_pool.cpp
// test-with: hypervisor/tlfs/partition.cpp
#include "hypervisor/apic/local_apic.h"

#include <gtest/gtest.h>

#include "hypervisor/platform/reset.h"
#include "selftests/fuzz/fake_cpu.h"

namespace hypervisor {

void reset_machine(std::string_view /*why*/) {
    std::abort();
}

namespace {

// The CPU that is played has no CMCI entry and takes no reserved bit: it would end the test.

TEST(LocalApicTest, an_entry_that_this_cpu_does_not_have_is_refused) {
    fake_cpu::reset();
    EXPECT_FALSE(local_apic::write_for_guest(0x2f0, 0x1'0000));
}

TEST(LocalApicTest, reserved_bits_are_refused_in_x2apic_mode) {
    fake_cpu::reset();
    for (const u32 offset : {0x320U, 0x330U, 0x340U, 0x350U, 0x360U, 0x370U}) {
        EXPECT_FALSE(local_apic::write_for_guest(offset, 0x8000'0000)) << offset;
        EXPECT_FALSE(local_apic::write_for_guest(offset, 0x8'0000)) << offset;
        EXPECT_TRUE(local_apic::write_for_guest(offset, 0x1'00f0)) << offset;
        EXPECT_EQ(local_apic::read(offset), 0x1'00f0U);
    }
    EXPECT_TRUE(local_apic::write_for_guest(0x320, 0x2'00ee)) << "periodic";
}

TEST(LocalApicTest, an_entry_that_would_take_the_cpu_away_is_masked) {
    fake_cpu::reset();
    for (const u32 delivery : {2U, 5U}) {  // SMI, INIT
        EXPECT_TRUE(local_apic::write_for_guest(0x350, delivery << 8));
        EXPECT_EQ(local_apic::read(0x350), 0x1'0000U);
    }
}

}  // namespace
}  // namespace hypervisor
