// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "base/types.h"
#include "hypervisor/tlfs/protection.h"

namespace hypervisor {

/// A page of the hypervisor's that lies over a page of one VTL's guest-physical memory. The RAM
/// below keeps its contents and comes back when the overlay goes.
/// @source TLFS, "GPA Overlay Pages"
struct OverlayPage {
    alignas(base::page_size) std::array<base::u8, base::page_size> bytes;
    bool is_placed;
    base::u64 gpa;     // where it lies, if placed
    PageRights below;  // of the RAM under it
};

}  // namespace hypervisor
