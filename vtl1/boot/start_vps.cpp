// SPDX-License-Identifier: MIT
#include "vtl1/boot/start_vps.h"

#include <algorithm>
#include <bit>

#include "hvcall/abi/boot.h"
#include "hvcall/abi/vtl_call.h"
#include "hvcall/synthetic_msrs.h"
#include "hvcall/vp_registers.h"
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

// In entry.S; halts.
extern "C" void vtl1_never_entered();

namespace vtl1 {

namespace {

RO_AFTER_BOOT_ZEROED constinit Gpa hypercall_page_gpa{};

constexpr u64 rflags_reset = 2;  // bit 1 is always set (Intel SDM vol. 1, 3.4.3)

tlfs_initial_vp_context first_context(const Cpu& other) {
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
    return context;
}

// On the running VP. A hypervisor that does not tell has entered VTL1 by a call.
bool is_vtl0_suspended(const hv::HypercallPort& port) {
    const auto state = hv::get_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_INTERNAL_ACTIVITY_STATE);
    return state.has_value() && (state->low & TLFS_ACTIVITY_STARTUP_SUSPEND) != 0;
}

Result<void> start_vp(Cpu& cpu) {
    if (read_msr<hv::VpIndexMsr>().raw() != cpu.vp_index) {
        return fail(Error::HypervisorFailed);
    }
    TRY(check_vtl0_overlays(cpu.port));
    TRY(bring_online(cpu));
    if (is_vtl0_suspended(cpu.port)) {  // start_vtl1_on(): there is no call to answer
        cpu.assist->vtl_entry_reason = TLFS_VTL_ENTRY_INTERRUPT;
        cpu.waits_for_start.store(true, std::memory_order_relaxed);
    }
    return {};
}

}  // namespace

void remember_hypercall_page(Gpa page) {
    hypercall_page_gpa = page;
}

Result<void> enable_vtl1_on(const hv::HypercallPort& port, const Cpu& other) {
    return hv::enable_vp_vtl1(port, other.vp_index, first_context(other));
}

// The CPU may be one that VTL0 has switched off: a loop in VTL0, as far as the hypervisor knows.
void start_vtl1_on(const hv::HypercallPort& port, const Cpu& offline) {
    if (!hv::suspend_vtl0_of(port, offline.vp_index).has_value() ||
        !hv::start_vtl1_of(port, offline.vp_index, first_context(offline)).has_value()) {
        log("boot: VP ", u64{offline.vp_index}, " stays offline");
    }
}

// An index that no VP has is refused, like one of a VP that cannot be had.
void block_other_vps(const hv::HypercallPort& port, std::span<const u32> named) {
    tlfs_initial_vp_context context = first_context(this_cpu());
    context.rip = std::bit_cast<u64>(&vtl1_never_entered);
    u64 blocked = 0;
    for (u32 index = 0; index < VTL1_VP_COUNT_MAX; ++index) {
        if (std::ranges::count(named, index) == 0 &&
            hv::enable_vp_vtl1(port, index, context).has_value()) {
            ++blocked;
        }
    }
    if (blocked != 0) {
        log("boot: ", blocked, " VPs that VTL0 does not know cannot be started");
    }
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
