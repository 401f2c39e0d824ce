// SPDX-License-Identifier: MIT
#include "vtl1/boot/start_vps.h"

#include "hvcall/abi/boot.h"
#include "hvcall/abi/vtl_call.h"
#include "hvcall/synthetic_msrs.h"
#include "hvcall/vtl_enable.h"
#include "vtl1/arch/cpu_list.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/boot/image.h"
#include "vtl1/boot/vp_setup.h"
#include "vtl1/failure/failure.h"
#include "vtl1/failure/service.h"
#include "vtl1/log/log.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/pointer.h"
#include "vtl1/sections.h"
#include "vtl1/vtl/status.h"
#include "vtl1/vtl/test_seam.h"

namespace vtl1 {

namespace {

RO_AFTER_BOOT_ZEROED constinit Gpa hypercall_page_gpa{};

constexpr u64 rflags_reset = 2;  // bit 1 is always set (Intel SDM vol. 1, 3.4.3)

Result<void> start_vp(Cpu& cpu) {
    if (read_msr<hv::VpIndexMsr>().raw() != cpu.vp_index) {
        return fail(Error::HypervisorFailed);
    }
    TRY(check_vtl0_overlays(cpu.port));
    return bring_online(cpu);
}

}  // namespace

void remember_hypercall_page(Gpa page) {
    hypercall_page_gpa = page;
}

Result<void> enable_vtl1_on(const hv::HypercallPort& port, const Cpu& other) {
    tlfs_initial_vp_context context{};
    context.rip = vp_entry().raw();
    context.rsp = other.entry_stack_top.raw();
    context.rflags = rflags_reset;
    describe_tables(Hva{address_of(&other.tables)}, context);
    context.gs = context.ds;
    context.gs.base = address_of(&other).raw();
    context.efer = VTL1_BOOT_EFER;
    context.cr0 = VTL1_BOOT_CR0;
    context.cr3 = read_cr3().raw();
    context.cr4 = read_cr4().raw();
    context.pat = VTL1_BOOT_PAT;
    return hv::enable_vp_vtl1(port, other.vp_index, context);
}

}  // namespace vtl1

// From entry.S: a VP's first entry, and every further one until it has started.
// Returns true if it has; else the call is answered with the reason, and VTL1 does not run there.
extern "C" bool vtl1_start_vp(vtl1::EntryFrame* frame);

bool vtl1_start_vp(vtl1::EntryFrame* frame) {
    vtl1::Cpu& cpu = vtl1::this_cpu();
    cpu.load();
    vtl1::set_guest_os_id();
    // Without the page there is no way back; a failure shows as an exception and ends there.
    base::must(vtl1::enable_hypercall_page(vtl1::hypercall_page_gpa));
    if (vtl1::is_out_of_service()) {
        vtl1::leave_to_vtl0(cpu);
    }
    vtl1::test_seam::in_first_entry(vtl1::cpu_count());
    const vtl1::Result<void> started = vtl1::start_vp(cpu);
    if (!started.has_value()) {
        vtl1::log("boot: VP ", vtl1::u64{cpu.vp_index}, " refused");
        frame->r8 = vtl1::to_status(started.error());
        frame->r9 = 0;
        return false;
    }
    return true;
}
