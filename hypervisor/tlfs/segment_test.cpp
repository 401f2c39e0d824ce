// SPDX-License-Identifier: MIT
// test-with: selftests/host/panic.cpp
#include "hypervisor/tlfs/segment.h"

#include <gtest/gtest.h>

namespace hypervisor {
namespace {

TEST(segment_attributes, each_bit_goes_to_its_place) {
    for (unsigned bit = 0; bit < 8; ++bit) {
        EXPECT_EQ(vmcb_attributes_of_tlfs(static_cast<u16>(1U << bit)), 1U << bit);
    }
    for (unsigned bit = 8; bit < 12; ++bit) {
        EXPECT_EQ(vmcb_attributes_of_tlfs(static_cast<u16>(1U << bit)), 0U);
    }
    for (unsigned bit = 12; bit < 16; ++bit) {
        EXPECT_EQ(vmcb_attributes_of_tlfs(static_cast<u16>(1U << bit)), 1U << (bit - 4));
    }
}

TEST(segment_attributes, the_two_forms_are_worth_the_same) {
    for (unsigned value = 0; value < 0x1000; ++value) {
        const auto vmcb = static_cast<u16>(value);
        ASSERT_EQ(vmcb_attributes_of_tlfs(tlfs_attributes_of_vmcb(vmcb)), vmcb);
        ASSERT_EQ(tlfs_attributes_of_vmcb(vmcb) & 0x0f00, 0);
    }
}

}  // namespace
}  // namespace hypervisor
