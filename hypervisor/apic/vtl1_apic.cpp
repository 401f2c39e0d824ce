// SPDX-License-Identifier: MIT
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

// @source Intel SDM vol. 3A, table 11-6
constexpr u32 msr_id = 0x802;
constexpr u32 msr_version = 0x803;
constexpr u32 msr_task_priority = 0x808;
constexpr u32 msr_eoi = 0x80b;
constexpr u32 msr_spurious = 0x80f;

constexpr u64 version = 0x14;  // an integrated APIC without any local vector

}  // namespace

std::optional<u64> read_vtl1_apic(const Vp& vp, u32 msr) {
    const VtlContext& vtl1 = vp.vtl[static_cast<usize>(Vtl::Vtl1)];
    if (msr == msr_apic_base) {
        return vtl1.apic.base;
    }
    if ((vtl1.apic.base & local_apic::base_x2apic) == 0) {
        return std::nullopt;
    }
    switch (msr) {
        case msr_id:
            return vp.apic_id;
        case msr_version:
            return version;
        case msr_task_priority:
            return (vtl1.vmcb.interrupt_control & virtual_tpr_mask) << 4;
        case msr_spurious:
            return vtl1.apic.spurious;
        default:
            return std::nullopt;
    }
}

bool write_vtl1_apic(Vp& vp, u32 msr, u64 value) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    if (msr == msr_apic_base) {
        // May only go from xAPIC to x2APIC mode.
        const bool allowed =
            (value | local_apic::base_x2apic) == (vtl1.apic.base | local_apic::base_x2apic) &&
            (value & local_apic::base_x2apic) >= (vtl1.apic.base & local_apic::base_x2apic);
        vtl1.apic.base = allowed ? value : vtl1.apic.base;
        return allowed;
    }
    if ((vtl1.apic.base & local_apic::base_x2apic) == 0) {
        return false;
    }
    switch (msr) {
        case msr_task_priority:
            if (value > 0xff) {
                return false;
            }
            vtl1.vmcb.interrupt_control =
                (vtl1.vmcb.interrupt_control & ~virtual_tpr_mask) | value >> 4;
            return true;
        case msr_eoi:
            if (value != 0) {
                return false;
            }
            vtl1.apic.in_service = 0;
            return true;
        case msr_spurious:
            if (value > 0x1ff) {
                return false;
            }
            vtl1.apic.spurious = static_cast<u32>(value);
            return true;
        default:
            return false;
    }
}

}  // namespace hypervisor
