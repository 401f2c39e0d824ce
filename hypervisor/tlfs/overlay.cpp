// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/overlay.h"

#include "hypervisor/apic/kick.h"
#include "hypervisor/tlfs/page_view.h"

namespace hypervisor {

namespace {

u64 frame_of(const OverlayPage& page) {
    return std::bit_cast<u64>(page.bytes.data());
}

}  // namespace

base::Result<void> place_overlay(LockedPartition::Guard& locked,
                                 const Vp& self,
                                 Vtl vtl,
                                 OverlayPage& page,
                                 const Placement& at) {
    const u64 gpa = at.gpa;
    if (page.is_placed && page.gpa == gpa) {
        return {};
    }
    const PageView below = find_page(locked, vtl, gpa);
    if (!locked->is_ram(gpa) || !has_right(below.rights, TLFS_PROTECT_WRITE) ||
        below.target != gpa) {
        return base::fail(base::Error::BadAddress);
    }
    TRY(set_page(locked, vtl, gpa, {frame_of(page), at.rights}));
    remove_overlay(locked, self, vtl, page);
    page.is_placed = true;
    page.gpa = gpa;
    page.below = below.rights;
    flush_nested_everywhere(locked, self, vtl);
    return {};
}

void remove_overlay(LockedPartition::Guard& locked, const Vp& self, Vtl vtl, OverlayPage& page) {
    if (!page.is_placed) {
        return;
    }
    // The page's table exists since the overlay was placed, so this needs no memory. The default
    // rights may have become narrower meanwhile.
    const bool has_defaults =
        vtl == Vtl::Vtl0 && locked->config.get(VsmPartitionConfig::enable_vtl_protection);
    const PageRights rights =
        has_defaults ? common(page.below, locked->config.default_rights()) : page.below;
    base::must(set_page(locked, vtl, page.gpa, {page.gpa, rights}));
    page.is_placed = false;
    flush_nested_everywhere(locked, self, vtl);
}

OverlayPage* find_overlay(LockedPartition::Guard& locked, u64 gpa) {
    const u64 place = gpa & ~(base::page_size - 1);
    const auto lies_there = [place](const OverlayPage& page) {
        return page.is_placed && page.gpa == place;
    };
    PartitionVtl& shared = locked->of(Vtl::Vtl0);
    for (OverlayPage* page : {&shared.hypercall_page, &shared.reference_tsc_page}) {
        if (lies_there(*page)) {
            return page;
        }
    }
    for (Vp& vp : vps()) {
        VtlContext& own = vp.of(Vtl::Vtl0);
        for (OverlayPage* page : {&own.assist_page, &own.synic.event_flags, &own.synic.messages}) {
            if (lies_there(*page)) {
                return page;
            }
        }
    }
    return nullptr;
}

bool is_overlaid(LockedPartition::Guard& locked, Vtl vtl, u64 gpa) {
    const u64 page = gpa & ~(base::page_size - 1);
    const std::optional<Leaf> leaf = locked->of(vtl).nested.find(page);
    return leaf && leaf->target != page;
}

}  // namespace hypervisor
