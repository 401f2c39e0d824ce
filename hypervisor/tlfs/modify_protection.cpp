// SPDX-License-Identifier: MIT
#include <algorithm>

#include "hypervisor/apic/kick.h"
#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/overlay.h"
#include "hypervisor/tlfs/page_view.h"

namespace hypervisor {

namespace {

/// The imposing VTL must be VTL1, by VTL1 itself, and protection must be on (tlfs.rst E13, 2.5).
TlfsStatus check_caller(const Hypercall& call, const tlfs_modify_vtl_protection_mask& header) {
    if (header.partition_id != TLFS_PARTITION_SELF) {
        return TLFS_STATUS_INVALID_PARTITION_ID;
    }
    if (std::ranges::any_of(header.reserved, [](u8 byte) { return byte != 0; })) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    const auto vtl = parse_input_vtl(header.input_vtl, call.caller);
    if (!vtl) {
        return vtl.error();
    }
    return *vtl == Vtl::Vtl1 ? TLFS_STATUS_SUCCESS : TLFS_STATUS_INVALID_PARAMETER;
}

TlfsStatus protect_page(LockedPartition::Guard& locked, u64 page_number, PageRights rights) {
    constexpr u64 page_limit = u64{1} << 40;  // of 52-bit addresses
    const u64 gpa = page_number << base::page_shift;
    if (page_number >= page_limit || !locked->is_ram(gpa)) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    if (is_overlaid(locked, Vtl::Vtl0, gpa)) {
        return TLFS_STATUS_OPERATION_DENIED;
    }
    return set_page(locked, Vtl::Vtl0, gpa, {gpa, rights}) ? TLFS_STATUS_SUCCESS
                                                           : TLFS_STATUS_INSUFFICIENT_MEMORY;
}

}  // namespace

/// @source TLFS, HvCallModifyVtlProtectionMask: stops at the first page that it cannot change; the
/// rights are in force on every VP at return.
TlfsStatus modify_vtl_protection_mask(Hypercall& call) {
    const auto header = call.header_as<tlfs_modify_vtl_protection_mask>();
    if (const TlfsStatus status = check_caller(call, header); status != TLFS_STATUS_SUCCESS) {
        return status;
    }
    auto locked = partition.lock();
    if (!locked->config.get(VsmPartitionConfig::enable_vtl_protection)) {
        return TLFS_STATUS_ACCESS_DENIED;
    }
    const auto rights = parse_page_rights(header.map_flags, locked->has_mbec);
    if (!rights) {
        return rights.error();
    }
    TlfsStatus status = TLFS_STATUS_SUCCESS;
    while (call.reps_completed < call.input.rep_count && status == TLFS_STATUS_SUCCESS) {
        status = protect_page(locked, call.element<u64>(call.reps_completed), *rights);
        if (status == TLFS_STATUS_SUCCESS) {
            ++call.reps_completed;
        }
    }
    flush_nested_everywhere(locked, call.vp, Vtl::Vtl0);
    locked->pool.reclaim();
    return status;
}

}  // namespace hypervisor
