// SPDX-License-Identifier: MIT
#include "hypervisor/apic/kick.h"
#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/vp_set.h"

namespace hypervisor {

namespace {

/// Flushes more than is asked for: all of a VP's TLB, for any range of any address space.
/// @source TLFS, "Virtual MMU"; tlfs.rst 2.6
TlfsStatus flush(Hypercall& call, u64 flags, const VpSet& processors) {
    // Neither extended ranges nor another VTL as target are offered.
    constexpr u64 known =
        TLFS_FLUSH_ALL_PROCESSORS | TLFS_FLUSH_ALL_ADDRESS_SPACES | TLFS_FLUSH_NON_GLOBAL_ONLY;
    const bool all = (flags & TLFS_FLUSH_ALL_PROCESSORS) != 0;
    if ((flags & ~known) != 0 || (!all && processors.is_empty)) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    flush_tlbs(call.vp, call.caller, all ? every_vp : processors.first_64);
    call.reps_completed = call.input.rep_count;
    return TLFS_STATUS_SUCCESS;
}

}  // namespace

TlfsStatus flush_virtual_address(Hypercall& call) {
    const auto header = call.header_as<tlfs_flush_virtual_address>();
    return flush(call, header.flags, {header.processor_mask, header.processor_mask == 0});
}

TlfsStatus flush_virtual_address_ex(Hypercall& call) {
    const auto header = call.header_as<tlfs_flush_virtual_address_ex>();
    const auto processors = parse_vp_set(header.processors, call.variable);
    return processors ? flush(call, header.flags, *processors) : processors.error();
}

}  // namespace hypervisor
