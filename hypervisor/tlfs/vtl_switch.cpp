// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/vtl_switch.h"

#include <cstring>

#include "hvcall/abi/tlfs_vsm.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

constexpr u64 vmmcall_bytes = 3;

/// Private state stays with the VMCB of its VTL; the shared part that VMCBs hold is copied.
/// General registers, DR0-3, x87, vector state and XCR0 stay in the CPU.
/// @source TLFS, "Private State"; tlfs.rst 4.1
void switch_to(Vp& vp, Vtl target) {
    VtlContext& from = vp.context();
    VtlContext& to = vp.of(target);
    save_live_state(from);
    to.vmcb.rax = from.vmcb.rax;
    to.vmcb.cr2 = from.vmcb.cr2;
    load_live_state(to);
    vp.active = target;
}

tlfs_vp_assist read_assist(const OverlayPage& page) {
    tlfs_vp_assist assist{};
    std::memcpy(&assist, page.bytes.data(), sizeof(assist));
    return assist;
}

void write_entry_reason(VtlContext& vtl1, u32 reason) {
    if (vtl1.assist_page.is_placed) {
        std::memcpy(&vtl1.assist_page.bytes[offsetof(tlfs_vp_assist, vtl_entry_reason)], &reason,
                    sizeof(reason));
    }
}

}  // namespace

void save_live_state(VtlContext& context) {
    context.tsc_aux = read_msr(msr_tsc_aux);
    vmsave(std::bit_cast<u64>(&context.vmcb));
}

void load_live_state(const VtlContext& context) {
    vmload(std::bit_cast<u64>(&context.vmcb));
    write_msr(msr_tsc_aux, context.tsc_aux);
}

void vtl_call(Vp& vp) {
    Vmcb& vmcb = vp.vmcb();
    if (vp.active != Vtl::Vtl0 || !vp.has_vtl1.load() || vp.registers.rcx != TLFS_CALL_VTL_CALL ||
        vmcb.rax != 0) {
        raise_invalid_opcode(vp);
        return;
    }
    advance_rip(vmcb, vmmcall_bytes);
    switch_to(vp, Vtl::Vtl1);
    write_entry_reason(vp.of(Vtl::Vtl1), TLFS_VTL_ENTRY_CALL);
}

void vtl_return(Vp& vp) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    const u64 control = vtl1.vmcb.rax;
    if (vp.active != Vtl::Vtl1 || vp.registers.rcx != TLFS_CALL_VTL_RETURN ||
        (control & ~TLFS_VTL_RETURN_FAST) != 0) {
        raise_invalid_opcode(vp);
        return;
    }
    advance_rip(vtl1.vmcb, vmmcall_bytes);
    if ((control & TLFS_VTL_RETURN_FAST) == 0) {
        // Without an assist page both are loaded with 0 (tlfs.rst 2.4).
        const auto assist =
            vtl1.assist_page.is_placed ? read_assist(vtl1.assist_page) : tlfs_vp_assist{};
        vtl1.vmcb.rax = assist.vtl_return_rax;
        vp.registers.rcx = assist.vtl_return_rcx;
    }
    switch_to(vp, Vtl::Vtl0);
}

void enter_vtl1_by_interrupt(Vp& vp) {
    switch_to(vp, Vtl::Vtl1);
    write_entry_reason(vp.of(Vtl::Vtl1), TLFS_VTL_ENTRY_INTERRUPT);
}

}  // namespace hypervisor
