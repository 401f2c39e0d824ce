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

/// RAM under an overlay stays writable, since the overlay is placed by that right; execution can be
/// taken from it.
TlfsStatus check_page(LockedPartition::Guard& locked, u64 page_number, PageRights rights) {
    constexpr u64 page_limit = u64{1} << 40;  // of 52-bit addresses
    const u64 gpa = page_number << base::page_shift;
    if (page_number >= page_limit || !locked->is_ram(gpa)) {
        return TLFS_STATUS_INVALID_PARAMETER;
    }
    return is_overlaid(locked, Vtl::Vtl0, gpa) && !has_right(rights, TLFS_PROTECT_WRITE)
               ? TlfsStatus{TLFS_STATUS_OPERATION_DENIED}
               : TlfsStatus{TLFS_STATUS_SUCCESS};
}

/// Under an overlay the rights wait for its end.
bool set_rights(LockedPartition::Guard& locked, u64 gpa, PageRights rights) {
    if (OverlayPage* overlay = find_overlay(locked, gpa)) {
        overlay->below = rights;
        return true;
    }
    return set_page(locked, Vtl::Vtl0, gpa, {gpa, rights}).has_value();
}

/// A page that loses one right and gains another loses first, everywhere: no CPU may still write
/// what another already executes. What two legal combinations have in common is legal too.
/// @param end  the first element that is not touched; lowered where memory ends
void take_rights(const Hypercall& call,
                 LockedPartition::Guard& locked,
                 u16& end,
                 PageRights rights) {
    bool has_taken = false;
    for (u16 i = call.reps_completed; i < end; ++i) {
        const u64 gpa = call.element<u64>(i) << base::page_shift;
        const PageRights old = find_page(locked, Vtl::Vtl0, gpa).rights;
        const PageRights both = common(old, rights);
        if (both == old || both == rights || is_overlaid(locked, Vtl::Vtl0, gpa)) {
            continue;
        }
        if (!set_rights(locked, gpa, both)) {
            end = i;
        }
        has_taken = true;
    }
    if (has_taken) {
        flush_nested_everywhere(locked, call.vp, Vtl::Vtl0);
    }
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
    u16 end = call.reps_completed;
    while (end < call.input.rep_count && status == TLFS_STATUS_SUCCESS) {
        status = check_page(locked, call.element<u64>(end), *rights);
        end += status == TLFS_STATUS_SUCCESS ? 1 : 0;
    }
    const u16 checked = end;
    take_rights(call, locked, end, *rights);
    while (call.reps_completed < end) {
        const u64 gpa = call.element<u64>(call.reps_completed) << base::page_shift;
        if (!set_rights(locked, gpa, *rights)) {
            break;
        }
        ++call.reps_completed;
    }
    if (call.reps_completed < checked) {
        status = TLFS_STATUS_INSUFFICIENT_MEMORY;
    }
    flush_nested_everywhere(locked, call.vp, Vtl::Vtl0);
    locked->pool.reclaim();
    return status;
}

}  // namespace hypervisor
