// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/cr_intercept.h"

#include <array>

#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/permission_map.h"
#include "hypervisor/tlfs/xcr0.h"

namespace hypervisor {

namespace {

struct MsrEvent {
    u64 event;  // TLFS_CR_INTERCEPT_*
    u32 msr;
    u32 name;
};

constexpr std::array msr_events{
    MsrEvent{TLFS_CR_INTERCEPT_LSTAR_WRITE, msr_lstar, TLFS_REG_LSTAR},
    MsrEvent{TLFS_CR_INTERCEPT_STAR_WRITE, msr_star, TLFS_REG_STAR},
    MsrEvent{TLFS_CR_INTERCEPT_CSTAR_WRITE, msr_cstar, TLFS_REG_CSTAR},
    MsrEvent{TLFS_CR_INTERCEPT_APIC_BASE_WRITE, msr_apic_base, TLFS_REG_APIC_BASE},
    MsrEvent{TLFS_CR_INTERCEPT_EFER_WRITE, msr_efer, TLFS_REG_EFER},
    MsrEvent{TLFS_CR_INTERCEPT_SYSENTER_CS_WRITE, msr_sysenter_cs, TLFS_REG_SYSENTER_CS},
    MsrEvent{TLFS_CR_INTERCEPT_SYSENTER_EIP_WRITE, msr_sysenter_eip, TLFS_REG_SYSENTER_EIP},
    MsrEvent{TLFS_CR_INTERCEPT_SYSENTER_ESP_WRITE, msr_sysenter_esp, TLFS_REG_SYSENTER_ESP},
    MsrEvent{TLFS_CR_INTERCEPT_SFMASK_WRITE, msr_sfmask, TLFS_REG_SFMASK},
    MsrEvent{TLFS_CR_INTERCEPT_TSC_AUX_WRITE, msr_tsc_aux, TLFS_REG_TSC_AUX},
};

/// Events with a bit of the VMCB's third vector of intercepts.
struct TableEvent {
    u64 event;
    u32 intercept;
};

constexpr std::array table_events{
    TableEvent{TLFS_CR_INTERCEPT_GDTR_WRITE, intercept_gdtr_write},
    TableEvent{TLFS_CR_INTERCEPT_IDTR_WRITE, intercept_idtr_write},
    TableEvent{TLFS_CR_INTERCEPT_LDTR_WRITE, intercept_ldtr_write},
    TableEvent{TLFS_CR_INTERCEPT_TR_WRITE, intercept_tr_write},
};

u64 supported_events() {
    u64 events = TLFS_CR_INTERCEPT_CR0_WRITE | TLFS_CR_INTERCEPT_CR4_WRITE;
    events |= xcr0::is_hidden() ? 0 : TLFS_CR_INTERCEPT_XCR0_WRITE;
    for (const MsrEvent& one : msr_events) {
        events |= one.event;
    }
    for (const TableEvent& one : table_events) {
        events |= one.event;
    }
    return events;
}

u64& register_of(CrIntercepts& intercepts, u32 name) {
    switch (name) {
        case TLFS_REG_CR_INTERCEPT_CR0_MASK:
            return intercepts.cr0_mask;
        case TLFS_REG_CR_INTERCEPT_CR4_MASK:
            return intercepts.cr4_mask;
        default:
            return intercepts.control;
    }
}

void replace_bits(u32& word, u32 bits, bool are_set) {
    word = (word & ~bits) | (are_set ? bits : 0);
}

void apply(Vp& vp, const CrIntercepts& wanted) {
    constexpr u32 cr0 = 1U << 0;
    constexpr u32 cr4 = 1U << 4;
    const auto has = [&](u64 event) { return (wanted.control & event) != 0; };
    Vmcb& vmcb = vp.of(Vtl::Vtl0).vmcb;
    u32 written = 0;
    replace_bits(written, cr0, has(TLFS_CR_INTERCEPT_CR0_WRITE) && wanted.cr0_mask != 0);
    replace_bits(written, cr4, has(TLFS_CR_INTERCEPT_CR4_WRITE) && wanted.cr4_mask != 0);
    vmcb.intercept_cr_write = static_cast<u16>(written);
    replace_bits(vmcb.intercept_misc2, intercept_xsetbv, has(TLFS_CR_INTERCEPT_XCR0_WRITE));
    for (const TableEvent& one : table_events) {
        replace_bits(vmcb.intercept_misc1, one.intercept, has(one.event));
    }
    for (const MsrEvent& one : msr_events) {
        intercept_msr_write(vp, one.msr, has(one.event));
    }
    vp.cr_intercepts = wanted;
}

}  // namespace

std::expected<u64, TlfsStatus> read_cr_intercept(Vp& vp, Vtl vtl, u32 name) {
    if (vtl != Vtl::Vtl1) {
        return std::unexpected(TlfsStatus{TLFS_STATUS_ACCESS_DENIED});
    }
    return register_of(vp.cr_intercepts, name);
}

TlfsStatus write_cr_intercept(Vp& vp, Vtl vtl, u32 name, u64 value) {
    if (vtl != Vtl::Vtl1) {
        return TLFS_STATUS_ACCESS_DENIED;
    }
    if (name == TLFS_REG_CR_INTERCEPT_CONTROL && (value & ~supported_events()) != 0) {
        return TLFS_STATUS_INVALID_REGISTER_VALUE;
    }
    CrIntercepts wanted = vp.cr_intercepts;
    register_of(wanted, name) = value;
    apply(vp, wanted);
    return TLFS_STATUS_SUCCESS;
}

void reset_cr_intercepts(Vp& vp) {
    if (vp.cr_intercepts != CrIntercepts{}) {  // else VTL0 may be running
        apply(vp, {});
    }
}

std::optional<u32> asked_about_msr(const Vp& vp, u32 msr) {
    for (const MsrEvent& one : msr_events) {
        if (one.msr == msr && (vp.cr_intercepts.control & one.event) != 0) {
            return one.name;
        }
    }
    return std::nullopt;
}

}  // namespace hypervisor
