// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/frame_pool.h"
#include "vtl1/mm/page_table_entry.h"

namespace vtl1 {

/// A set of page tables of VTL1's own, built in frames of the pool.
class PageTables {
public:
    /// @return Error::NoMemory
    static Result<PageTables> create(FramePool& pool);

    /// Maps one page.
    /// @return Error::NoMemory; Error::Refused if something is mapped there
    Result<void> map(Hva page, Gpa gpa, PageRights rights);

    /// The lowest entry for a page, with the tables above it.
    /// @return Error::NoMemory
    Result<PageTableEntry*> entry_of(Hva page);

    Gpa root() const { return pool_->gpa_of(root_); }

private:
    PageTables(FramePool& pool, FrameIndex root) : pool_(&pool), root_(root) {}

    FramePool* pool_;
    FrameIndex root_;
};

}  // namespace vtl1
