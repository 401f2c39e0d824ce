// SPDX-License-Identifier: MIT
// test-with: hypervisor/svm/permission_map.cpp hypervisor/svm/vp.cpp
// test-with: hypervisor/platform/door.cpp selftests/host/panic.cpp
#include "hypervisor/svm/permission_map.h"

#include <gtest/gtest.h>
#include <string_view>

#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

void reset_machine(std::string_view /*why*/) {
    std::abort();
}

namespace {

constexpr u32 msr_lstar = 0xc000'0082;

// The two bits that the CPU looks at. @source AMD APM vol. 2, 15.11
unsigned bits_of(const Vmcb& vmcb, u32 msr) {
    const u64 base = msr < 0x2000 ? 0 : msr < 0xc001'0000 ? 0x800 : 0x1000;
    const auto* const map = std::bit_cast<const u8*>(vmcb.msrpm_base_pa);
    return map[base + (msr & 0x1fff) / 4] >> (msr % 4 * 2) & 3U;
}

Vp& new_vp() {
    static bool is_done = false;
    if (!is_done) {
        initialise_permission_maps();
        is_done = true;
    }
    Vp* const vp = next_vp();
    publish_vp(*vp, vp->index);
    use_permission_maps(*vp);
    return *vp;
}

TEST(PermissionMap, what_always_exits) {
    Vp& vp = new_vp();
    const Vmcb& vtl0 = vp.of(Vtl::Vtl0).vmcb;
    const Vmcb& vtl1 = vp.of(Vtl::Vtl1).vmcb;
    EXPECT_EQ(bits_of(vtl0, msr_efer), 3U);
    EXPECT_EQ(bits_of(vtl1, msr_efer), 3U);
    EXPECT_EQ(bits_of(vtl0, msr_vm_hsave_pa), 3U);
    EXPECT_EQ(bits_of(vtl0, msr_apic_base), 2U);
    EXPECT_EQ(bits_of(vtl1, msr_apic_base), 3U);
    EXPECT_EQ(bits_of(vtl0, msr_x2apic_icr), 2U);
    EXPECT_EQ(bits_of(vtl0, msr_x2apic_icr + 1), 0U);
    EXPECT_EQ(bits_of(vtl0, msr_lstar), 0U);
    EXPECT_EQ(vtl0.iopm_base_pa, vtl1.iopm_base_pa);
}

TEST(PermissionMap, writes_of_one_msr_of_one_vp) {
    Vp& vp = new_vp();
    Vp& other = new_vp();
    const Vmcb& vtl0 = vp.of(Vtl::Vtl0).vmcb;
    intercept_msr_write(vp, msr_lstar, true);
    EXPECT_EQ(bits_of(vtl0, msr_lstar), 2U);
    EXPECT_EQ(bits_of(vtl0, msr_lstar - 1), 0U);
    EXPECT_EQ(bits_of(vtl0, msr_lstar + 1), 0U);
    EXPECT_EQ(bits_of(vp.of(Vtl::Vtl1).vmcb, msr_lstar), 0U);
    EXPECT_EQ(bits_of(other.of(Vtl::Vtl0).vmcb, msr_lstar), 0U);
    intercept_msr_write(vp, msr_lstar, false);
    EXPECT_EQ(bits_of(vtl0, msr_lstar), 0U);
}

TEST(PermissionMap, what_always_exits_stays) {
    Vp& vp = new_vp();
    for (const u32 msr : {msr_efer, msr_apic_base}) {
        const unsigned before = bits_of(vp.of(Vtl::Vtl0).vmcb, msr);
        intercept_msr_write(vp, msr, true);
        EXPECT_EQ(bits_of(vp.of(Vtl::Vtl0).vmcb, msr), before);
        intercept_msr_write(vp, msr, false);
        EXPECT_EQ(bits_of(vp.of(Vtl::Vtl0).vmcb, msr), before);
    }
}

TEST(PermissionMap, starts_over) {
    Vp& vp = new_vp();
    intercept_msr_write(vp, msr_lstar, true);
    use_permission_maps(vp);
    EXPECT_EQ(bits_of(vp.of(Vtl::Vtl0).vmcb, msr_lstar), 0U);
}

}  // namespace
}  // namespace hypervisor
