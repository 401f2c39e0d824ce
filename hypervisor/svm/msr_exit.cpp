// SPDX-License-Identifier: MIT
#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/apic/vtl1_apic.h"
#include "hypervisor/platform/msr_rules.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/register_map.h"
#include "hypervisor/tlfs/synthetic_msr.h"

namespace hypervisor {

namespace {

constexpr u64 instruction_bytes = 2;  // RDMSR, WRMSR

// @source TLFS, "Synthetic MSRs"
constexpr u32 synthetic_first = 0x4000'0000;
constexpr u32 synthetic_last = 0x400f'ffff;

bool is_synthetic(u32 msr) {
    return msr >= synthetic_first && msr <= synthetic_last;
}

bool is_apic(u32 msr) {
    return msr == msr_apic_base || (msr >= msr_x2apic_first && msr <= msr_x2apic_last);
}

std::optional<u64> read(Vp& vp, u32 msr) {
    if (is_synthetic(msr)) {
        return read_synthetic_msr(vp, msr);
    }
    if (msr == msr_efer) {
        return vp.vmcb().efer & ~efer_svme;
    }
    if (msr == msr_pat) {
        return vp.vmcb().guest_pat;
    }
    if (vp.active == Vtl::Vtl1 && is_apic(msr)) {
        return read_vtl1_apic(vp, msr);
    }
    return std::nullopt;
}

bool write_efer(Vp& vp, u64 value) {
    Vmcb& vmcb = vp.vmcb();
    if (!accepts_efer(vmcb, value)) {
        return false;
    }
    vmcb.efer = vmcb_efer(value, vmcb.cr0);
    vp.flush_requested.store(true);
    return true;
}

bool write(Vp& vp, u32 msr, u64 value) {
    if (msr_rule(msr) == MsrRule::Ignored) {
        return true;
    }
    if (is_synthetic(msr)) {
        return write_synthetic_msr(vp, msr, value);
    }
    if (msr == msr_efer) {
        return write_efer(vp, value);
    }
    if (msr == msr_tsc) {  // private to the VTL, and never the host's (TLFS, "Private State")
        vp.vmcb().tsc_offset = value - read_tsc();
        return true;
    }
    if (msr == msr_pat) {
        if (!is_valid_pat(value)) {
            return false;
        }
        vp.vmcb().guest_pat = value;
        return true;
    }
    if (vp.active == Vtl::Vtl1) {
        return is_apic(msr) && write_vtl1_apic(vp, msr, value);
    }
    if (msr == msr_apic_base) {
        return local_apic::write_base_for_guest(value);
    }
    if (is_x2apic_lvt(msr)) {
        return local_apic::is_x2apic() && value >> 32 == 0 &&
               local_apic::write_for_guest((msr - msr_x2apic_first) * 16, static_cast<u32>(value));
    }
    if (msr == msr_x2apic_icr && local_apic::is_x2apic()) {
        send_guest_ipi(vp, static_cast<u32>(value >> 32), static_cast<u32>(value));
        return true;
    }
    return false;
}

}  // namespace

void handle_msr(Vp& vp) {
    Vmcb& vmcb = vp.vmcb();
    const auto msr = static_cast<u32>(vp.registers.rcx);
    if (vmcb.exit_info1 == 0) {
        const std::optional<u64> value = read(vp, msr);
        if (!value) {
            raise_general_protection(vp);
            return;
        }
        vmcb.rax = static_cast<u32>(*value);
        vp.registers.rdx = *value >> 32;
    } else {
        const u64 value = static_cast<u32>(vmcb.rax) | vp.registers.rdx << 32;
        if (vp.active == Vtl::Vtl0 && ask_about_msr(vp, msr, value)) {
            return;
        }
        if (!write(vp, msr, value)) {
            raise_general_protection(vp);
            return;
        }
    }
    advance_rip(vmcb, instruction_bytes);
}

}  // namespace hypervisor
