// SPDX-License-Identifier: MIT
#include "hypervisor/svm/exits.h"

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/mediated_page.h"
#include "hypervisor/svm/user_view.h"
#include "hypervisor/tlfs/cpuid_leaves.h"
#include "hypervisor/tlfs/intercept_message.h"
#include "hypervisor/tlfs/overlay.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace hypervisor {

namespace {

constexpr u64 cpuid_bytes = 2;

constinit console::Budget denied_lines{32};

u8 access_type(u64 info) {
    if ((info & npf_execute) != 0) {
        return TLFS_ACCESS_TYPE_EXECUTE;
    }
    // A walk of the guest's page tables counts as a write (AMD APM vol. 2, 15.25.6).
    return (info & npf_write) != 0 ? TLFS_ACCESS_TYPE_WRITE : TLFS_ACCESS_TYPE_READ;
}

bool permits(const Leaf& leaf, u64 info) {
    return ((info & npf_write) == 0 || leaf.rights.writable) &&
           ((info & npf_execute) == 0 || leaf.rights.executable);
}

/// Whose fault it is: VTL1 is asked only about RAM that it closed itself.
enum class FaultKind : u8 { Stale, UserCode, Vtl1Protection, Denied };

FaultKind classify(Vp& vp, u64 gpa, u64 info) {
    auto locked = partition.lock();
    const std::optional<Leaf> leaf = locked->of(vp.active).nested.find(gpa);
    if (leaf && permits(*leaf, info)) {
        return FaultKind::Stale;
    }
    if (vp.active == Vtl::Vtl0 && (info & npf_execute) != 0) {
        const std::optional<Leaf> user = locked->user_view.find(gpa);
        if (user && user->rights.executable && request_user_view(vp)) {
            return FaultKind::UserCode;
        }
    }
    const u64 page = gpa & ~(base::page_size - 1);
    const bool is_closed_ram = locked->is_ram(page) && !is_overlaid(locked, Vtl::Vtl0, page);
    return vp.active == Vtl::Vtl0 && is_closed_ram ? FaultKind::Vtl1Protection : FaultKind::Denied;
}

}  // namespace

void handle_cpuid(Vp& vp) {
    Vmcb& vmcb = vp.vmcb();
    const CpuidResult result =
        guest_cpuid(vp, static_cast<u32>(vmcb.rax), static_cast<u32>(vp.registers.rcx));
    vmcb.rax = result.eax;
    vp.registers.rbx = result.ebx;
    vp.registers.rcx = result.ecx;
    vp.registers.rdx = result.edx;
    advance_rip(vmcb, cpuid_bytes);
}

void handle_nested_page_fault(Vp& vp) {
    const u64 gpa = vp.vmcb().exit_info2;
    const u64 info = vp.vmcb().exit_info1;
    // Not the walk of page tables that VTL0 has laid there: the instruction is about something
    // else.
    const bool is_store = vp.active == Vtl::Vtl0 && access_type(info) == TLFS_ACCESS_TYPE_WRITE &&
                          (info & npf_page_walk) == 0;
    if (is_store && (gpa & ~(base::page_size - 1)) == local_apic::page) {
        handle_apic_write(vp, gpa);
        return;
    }
    if (is_store && is_mediated(gpa)) {
        handle_mediated_store(vp, gpa);
        return;
    }
    switch (classify(vp, gpa, info)) {
        case FaultKind::Stale:
            vp.flush_requested.store(true);  // the fault came from an old translation
            return;
        case FaultKind::UserCode:
            return;
        case FaultKind::Vtl1Protection:
            if (post_memory_intercept(vp, {gpa, access_type(info)})) {
                return;
            }
            break;
        case FaultKind::Denied:
            break;
    }
    if (denied_lines.take()) {
        console::Line{} << "VTL" << static_cast<u64>(vp.active) << " of vp " << u64{vp.index}
                        << " denied at gpa " << base::Hex{gpa} << " info " << base::Hex{info}
                        << " rip " << base::Hex{vp.vmcb().rip};
    }
    raise_general_protection(vp);
}

}  // namespace hypervisor
