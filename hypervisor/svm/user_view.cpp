// SPDX-License-Identifier: MIT
#include "hypervisor/svm/user_view.h"

#include <utility>

#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/system_entry.h"
#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

namespace {

constexpr u32 user_view_asid = 3;  // apart from the kernel's: vmcb_state.cpp
constexpr u32 user_misc1 = intercept_intr | intercept_virtual_intr | intercept_software_interrupt;
constexpr u32 all_exceptions = 0xffff'ffff;
constexpr u32 flush_by_asid = 1U << 6;  // CPUID 0x8000000a EDX (AMD APM vol. 3, E.4.9)

}  // namespace

bool request_user_view(Vp& vp) {
    const Vmcb& vmcb = vp.of(Vtl::Vtl0).vmcb;
    const bool is_user = vmcb.cpl == 3 && (vmcb.efer & efer_lma) != 0;
    // Without SMEP the kernel could execute user pages, and its rights count alone (TLFS, "Mode
    // Based Execution Control").
    const bool may_have =
        vp.active == Vtl::Vtl0 && vp.mbec_enabled && is_user && (vmcb.cr4 & cr4_smep) != 0;
    vp.user_view.is_wanted = may_have;
    return may_have;
}

void enter_user_view(Vp& vp) {
    UserView& view = vp.user_view;
    Vmcb& vmcb = vp.of(Vtl::Vtl0).vmcb;
    const bool is_wanted = std::exchange(view.is_wanted, false);
    if (!is_wanted || vp.active != Vtl::Vtl0 || vmcb.event_injection != 0 || vmcb.cpl != 3) {
        return;
    }
    vmsave(std::bit_cast<u64>(&vmcb));
    view.has_syscall = (vmcb.efer & efer_sce) != 0;
    view.tr_limit = vmcb.tr.limit;
    view.sysenter_cs = vmcb.sysenter_cs;
    vmcb.efer &= ~efer_sce;
    vmcb.tr.limit = 0;
    vmcb.sysenter_cs = 0;
    vmload(std::bit_cast<u64>(&vmcb));
    vmcb.intercept_exceptions = all_exceptions;
    vmcb.intercept_misc1 |= user_misc1;
    vmcb.intercept_misc2 |= intercept_icebp;
    vmcb.nested_cr3 = nested_roots.user_view;
    vmcb.guest_asid = user_view_asid;
    // VTL0's INVLPG and CR3 loads do not reach this ASID: it starts empty each time.
    const bool has_flush_by_asid = (cpuid(0x8000'000a).edx & flush_by_asid) != 0;
    vmcb.tlb_control = has_flush_by_asid ? tlb_flush_asid : tlb_flush_all;
    view.is_active = true;
    vp.view_switches.fetch_add(1, std::memory_order_relaxed);
}

void leave_user_view(Vp& vp) {
    UserView& view = vp.user_view;
    if (!std::exchange(view.is_active, false)) {
        return;
    }
    Vmcb& vmcb = vp.of(Vtl::Vtl0).vmcb;
    if (vmcb.cpl != 3) {
        reset_machine("VTL0 raised its privilege on the user view");
    }
    vmsave(std::bit_cast<u64>(&vmcb));
    vmcb.efer |= view.has_syscall ? efer_sce : 0;
    vmcb.tr.limit = view.tr_limit;
    vmcb.sysenter_cs = view.sysenter_cs;
    vmload(std::bit_cast<u64>(&vmcb));
    vmcb.intercept_exceptions = 0;
    vmcb.intercept_misc1 &= ~user_misc1;
    vmcb.intercept_misc2 &= ~intercept_icebp;
    vmcb.nested_cr3 = nested_roots.vtl[static_cast<usize>(Vtl::Vtl0)];
    vmcb.guest_asid = 1 + static_cast<u32>(Vtl::Vtl0);
}

bool handle_user_view_exit(Vp& vp) {
    const Vmcb& vmcb = vp.vmcb();
    const auto code = static_cast<ExitCode>(static_cast<u32>(vmcb.exit_code));
    if (code >= ExitCode::FirstException && code <= ExitCode::LastException) {
        deliver_exception(vp, static_cast<u8>(static_cast<u32>(code) -
                                              static_cast<u32>(ExitCode::FirstException)));
        return true;
    }
    if (code == ExitCode::SoftwareInterrupt || code == ExitCode::Icebp) {
        deliver_software_interrupt(vp);
        return true;
    }
    // These are still pending and are taken on the kernel's table.
    return vp.active == Vtl::Vtl0 && (code == ExitCode::Intr || code == ExitCode::VirtualIntr);
}

}  // namespace hypervisor
