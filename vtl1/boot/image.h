// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "vtl1/mm/page_table_entry.h"

namespace vtl1 {

/// Pages of the image that have the same rights.
struct Segment {
    Hva first;
    u64 page_count;
    PageRights rights;

    constexpr bool contains(Hva address) const {
        return address >= first && (address.raw() - first.raw()) / page_size < page_count;
    }
};

/// The image as it was linked; see layout.ld.
std::array<Segment, 3> image_segments();

/// What becomes read-only when boot is over; a part of the last segment.
Segment read_only_after_boot();

/// Where VTL return is called: the hypercall page, or until that is known the raw instruction.
void set_return_address(Hva address);

/// @param is_intel  which instruction the raw return uses
void set_raw_return(bool is_intel);

/// The page of the image over which the hypervisor lays its code.
Hva hypercall_page();

/// The stack on which the boot VP starts.
Hva boot_stack_bottom();
Hva boot_stack_top();

/// Where the other VPs start.
Hva vp_entry();

}  // namespace vtl1
