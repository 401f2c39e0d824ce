// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

/// Where an overlay shall lie, and the rights that the VTL has there.
struct Placement {
    u64 gpa;
    PageRights rights;
};

/// Lays `page` over a page in one VTL's memory, or moves it there from where it lies; its contents
/// stay. The place must be RAM that this VTL may write, without another overlay.
/// @return Error::BadAddress; the overlay then lies where it did.
base::Result<void> place_overlay(LockedPartition::Guard& locked,
                                 const Vp& self,
                                 Vtl vtl,
                                 OverlayPage& page,
                                 const Placement& at);

/// Uncovers the RAM below. Does nothing if the overlay is not placed.
void remove_overlay(LockedPartition::Guard& locked, const Vp& self, Vtl vtl, OverlayPage& page);

/// The overlay of VTL0's that lies at the page; null if there is none.
OverlayPage* find_overlay(LockedPartition::Guard& locked, u64 gpa);

/// Whether some overlay of this VTL lies at the page.
bool is_overlaid(LockedPartition::Guard& locked, Vtl vtl, u64 gpa);

}  // namespace hypervisor
