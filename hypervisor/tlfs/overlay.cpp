// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/overlay.h"

#include "hypervisor/apic/kick.h"

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
    PageTable& nested = locked->of(vtl).nested;
    const u64 gpa = at.gpa;
    if (page.is_placed && page.gpa == gpa) {
        return {};
    }
    const std::optional<Leaf> below = nested.find(gpa);
    if (!locked->is_ram(gpa) || !below || !below->rights.writable || below->target != gpa) {
        return base::fail(base::Error::BadAddress);
    }
    TRY(nested.set_page(locked->pool, gpa, Leaf{frame_of(page), at.rights}));
    remove_overlay(locked, self, vtl, page);
    page.is_placed = true;
    page.gpa = gpa;
    page.below = below->rights;
    flush_nested_everywhere(locked, self, vtl);
    return {};
}

void remove_overlay(LockedPartition::Guard& locked, const Vp& self, Vtl vtl, OverlayPage& page) {
    if (!page.is_placed) {
        return;
    }
    // The page's table exists since the overlay was placed, so this needs no memory. RAM under an
    // overlay cannot be restricted, but the default rights may have become narrower meanwhile.
    LeafRights rights = page.below;
    if (vtl == Vtl::Vtl0 && locked->config.get(VsmPartitionConfig::enable_vtl_protection)) {
        const bool by_default = !nested_leaf_rights(locked->config.default_rights()).no_execute;
        rights.executable = rights.executable && by_default;
    }
    base::must(locked->of(vtl).nested.set_page(locked->pool, page.gpa, Leaf{page.gpa, rights}));
    page.is_placed = false;
    flush_nested_everywhere(locked, self, vtl);
}

bool is_overlaid(LockedPartition::Guard& locked, Vtl vtl, u64 gpa) {
    const u64 page = gpa & ~(base::page_size - 1);
    const std::optional<Leaf> leaf = locked->of(vtl).nested.find(page);
    return leaf && leaf->target != page;
}

}  // namespace hypervisor
