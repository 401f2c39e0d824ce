// SPDX-License-Identifier: MIT
#include <algorithm>

#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/apic/remote_call.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/cr_intercept.h"
#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/partition.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace hypervisor {

namespace {

bool all_zero(std::span<const __u8> bytes) {
    return std::ranges::all_of(bytes, [](u8 byte) { return byte == 0; });
}

Vp* find_vp(const Hypercall& call, u32 index) {
    if (index == TLFS_VP_SELF) {
        return &call.vp;
    }
    return index < vps().size() ? &vps()[index] : nullptr;
}

/// VTL1's state at its first entry, apart from the context. @source tlfs.rst 6.2, E8, E23
void reset_vtl1(Vp& vp, const tlfs_initial_vp_context& context) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    set_initial_context(vtl1, context);
    vtl1.synic.reset();
    vp.mbec_enabled = false;
    reset_cr_intercepts(vp);
    vtl1.apic.reset(vp.index == 0);
    vtl1.timers = {};
    vtl1.nmi_requested.store(false);
    vtl1.nmi_masked = false;
}

/// What EnableVpVtl and StartVirtualProcessor check alike.
TlfsStatus check_context(const Partition& state, const tlfs_enable_vp_vtl& input) {
    if (input.partition_id != TLFS_PARTITION_SELF) {
        return TLFS_STATUS_INVALID_PARTITION_ID;
    }
    if (!all_zero(input.reserved) || input.target_vtl > 1) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    if (input.target_vtl == 1 && !state.has_vtl1) {
        return TLFS_STATUS_INVALID_VTL_STATE;
    }
    return is_valid_context(input.context) ? TLFS_STATUS_SUCCESS : TLFS_STATUS_INVALID_PARAMETER;
}

/// On the VP's own CPU.
TlfsStatus start(Vp& vp, Vtl vtl, const tlfs_initial_vp_context& context) {
    const bool has_vtl1 = vp.has_vtl1.load();
    if (vp.active != Vtl::Vtl0 || !vp.startup_suspended.load() || (vtl == Vtl::Vtl1 && !has_vtl1)) {
        return TLFS_STATUS_INVALID_VP_STATE;
    }
    if (vtl == Vtl::Vtl1) {
        reset_vtl1(vp, context);
    } else {
        set_initial_context(vp.of(vtl), context);
        load_live_state(vp.of(vtl));
        vp.startup_suspended.store(false);
    }
    if (has_vtl1) {
        enter_vtl1_by_interrupt(vp);
    }
    return TLFS_STATUS_SUCCESS;
}

}  // namespace

/// @source TLFS, HvCallEnablePartitionVtl; tlfs.rst 2.5, E14, E15
TlfsStatus enable_partition_vtl(Hypercall& call) {
    const auto input = call.header_as<tlfs_enable_partition_vtl>();
    if (input.partition_id != TLFS_PARTITION_SELF) {
        return TLFS_STATUS_INVALID_PARTITION_ID;
    }
    if (input.target_vtl != 1) {
        return TLFS_STATUS_ACCESS_DENIED;
    }
    const u32 offered = is_mbec_offered() ? TLFS_ENABLE_PARTITION_VTL_MBEC : 0;
    if ((input.flags & ~offered) != 0 || !all_zero(input.reserved)) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    auto locked = partition.lock();
    if (locked->has_vtl1) {
        return TLFS_STATUS_INVALID_VTL_STATE;
    }
    locked->has_vtl1 = true;
    locked->config = locked->config.with(VsmPartitionConfig::zero_memory_on_reset, true);
    locked->has_mbec = (input.flags & TLFS_ENABLE_PARTITION_VTL_MBEC) != 0;
    return TLFS_STATUS_SUCCESS;
}

/// VTL0 may enable VTL1 once, and on itself; from then on VTL1 decides.
/// @source TLFS, HvCallEnableVpVtl; tlfs.rst 2.5
TlfsStatus enable_vp_vtl(Hypercall& call) {
    const auto input = call.header_as<tlfs_enable_vp_vtl>();
    auto locked = partition.lock();
    if (const TlfsStatus status = check_context(*locked, input); status != TLFS_STATUS_SUCCESS) {
        return status;
    }
    if (input.target_vtl != 1) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    Vp* const target = find_vp(call, input.vp_index);
    if (target == nullptr) {
        return TLFS_STATUS_INVALID_VP_INDEX;
    }
    if (call.caller == Vtl::Vtl0 && (target != &call.vp || locked->has_vtl1_on_some_vp)) {
        return TLFS_STATUS_ACCESS_DENIED;
    }
    if (target->has_vtl1.load()) {
        return TLFS_STATUS_VTL_ALREADY_ENABLED;
    }
    reset_vtl1(*target, input.context);
    locked->has_vtl1_on_some_vp = true;
    target->has_vtl1.store(true);  // the state above is seen by whoever sees this
    return TLFS_STATUS_SUCCESS;
}

/// Only VTL1 has the privilege. A VP that waits to be started is started in the VTL named; with
/// VTL1 named VTL0 goes on waiting. The highest VTL runs first: the other waits for its return.
/// @source TLFS, HvCallStartVirtualProcessor; tlfs.rst 2.5
TlfsStatus start_virtual_processor(Hypercall& call) {
    if (call.caller == Vtl::Vtl0) {
        return TLFS_STATUS_ACCESS_DENIED;
    }
    const auto input = call.header_as<tlfs_enable_vp_vtl>();
    const TlfsStatus valid = check_context(*partition.lock(), input);
    if (valid != TLFS_STATUS_SUCCESS) {
        return valid;
    }
    Vp* const target = find_vp(call, input.vp_index);
    if (target == nullptr || target == &call.vp) {
        return TLFS_STATUS_INVALID_VP_INDEX;
    }
    TlfsStatus status = TLFS_STATUS_SUCCESS;
    run_on(call.vp, *target,
           [&](Vp& vp) { status = start(vp, static_cast<Vtl>(input.target_vtl), input.context); });
    return status;
}

/// @source TLFS, HvCallGetVpIndexFromApicId; tlfs.rst E7
TlfsStatus get_vp_index_from_apic_id(Hypercall& call) {
    const auto header = call.header_as<tlfs_vp_index_from_apic_id>();
    if (header.partition_id != TLFS_PARTITION_SELF) {
        return TLFS_STATUS_INVALID_PARTITION_ID;
    }
    if (header.target_vtl > static_cast<u8>(call.caller) || !all_zero(header.reserved)) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    while (call.reps_completed < call.input.rep_count) {
        const Vp* const vp = find_vp_by_apic_id(call.element<u32>(call.reps_completed));
        if (vp == nullptr) {
            return TLFS_STATUS_INVALID_PARAMETER;
        }
        call.set_output(call.reps_completed, vp->index);
        ++call.reps_completed;
    }
    return TLFS_STATUS_SUCCESS;
}

}  // namespace hypervisor
