// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/hypercall.h"
#include "vtl1/mm/page_table_entry.h"
#include "vtl1/types.h"

// VTL0's own page tables, read entry by entry through vtl0_memory. VTL0 may change them at any
// time: an answer is what they said once, and is no evidence for anything but where to look.
namespace vtl1 {

/// Where a VP's translation begins.
struct Vtl0Paging {
    Gpa root;
    u64 levels;  // 4 or 5
};

/// What maps an address: a page of 4 KiB, 2 MiB or 1 GiB.
struct Vtl0Leaf {
    Gpa first;
    u64 size_bytes = 0;
    bool is_writable = true;  // at every level, as the following
    bool is_user = true;
    bool is_executable = true;  // NX at no level

    /// Takes what one entry on the way does not give.
    void restrict(PageTableEntry entry);
};

/// Where a walk has ended: at a leaf (its size is not 0), at an entry that is not present, or at
/// the level that was asked for.
struct Vtl0Step {
    PageTableEntry entry;
    u64 level;
    Gpa table;      // the entry's
    Vtl0Leaf leaf;  // rights so far
};

/// The running VP's, from its VTL0's CR3 and CR4.
/// @return Error::HypervisorFailed
Result<Vtl0Paging> read_vtl0_paging(const hv::HypercallPort& port);

/// Follows the tables for `address` down to `last_level` at most (1 is the lowest).
/// @return Error::BadAddress if a table is not VTL0's RAM
Result<Vtl0Step> walk_vtl0(const Vtl0Paging& paging, Gva address, u64 last_level);

/// @return Error::NotFound if nothing is mapped there, Error::BadAddress if a table is not VTL0's
///         RAM; the leaf itself may lie anywhere
/// @source AMD APM vol. 2, 5.3, "Long-Mode Page Translation"
Result<Vtl0Leaf> find_vtl0_leaf(const Vtl0Paging& paging, Gva address);

/// Where one byte lies.
/// @return as find_vtl0_leaf
Result<Gpa> translate_vtl0(const Vtl0Paging& paging, Gva address);

}  // namespace vtl1
