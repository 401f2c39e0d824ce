// SPDX-License-Identifier: MIT
// test-with: hypervisor/tlfs/cpuid_leaves.cpp
#include "hypervisor/tlfs/cpuid_leaves.h"

#include <gtest/gtest.h>
#include <memory>

#include "hvcall/abi/tlfs_cpuid.h"
#include "hypervisor/iommu/iommu.h"
#include "hypervisor/platform/hpet.h"
#include "hypervisor/platform/pci_config.h"
#include "hypervisor/tlfs/xcr0.h"

namespace hypervisor {
namespace {

bool has_iommu = false;

u32 hardware_features(Vtl vtl) {
    const auto vp = std::make_unique<Vp>();
    vp->active = vtl;
    return guest_cpuid(*vp, TLFS_CPUID_HARDWARE, 0).eax;
}

TEST(CpuidLeaves, OnlyVtl1LearnsThatDmaIsRemapped) {
    has_iommu = true;
    EXPECT_EQ(hardware_features(Vtl::Vtl0), TLFS_HARDWARE_SLAT);
    EXPECT_EQ(hardware_features(Vtl::Vtl1), TLFS_HARDWARE_SLAT | TLFS_HARDWARE_DMA_REMAPPING);
    has_iommu = false;
    EXPECT_EQ(hardware_features(Vtl::Vtl1), TLFS_HARDWARE_SLAT);
}

}  // namespace

bool iommu::is_active() {
    return has_iommu;
}

bool hpet::is_usable() {
    return true;
}

bool pci::is_checked_platform() {
    return true;
}

bool xcr0::is_hidden() {
    return false;
}

void xcr0::hide(u32 /*leaf*/, u32 /*subleaf*/, CpuidResult& /*result*/) {}

}  // namespace hypervisor
