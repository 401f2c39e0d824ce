// SPDX-License-Identifier: MIT
#include "vtl1/mm/page_tables.h"

namespace vtl1 {

namespace {

Result<FrameIndex> next_table(FramePool& pool, PageTableEntry& entry) {
    if (entry.get(PageTableEntry::present)) {
        return pool.list().index_of(entry.gpa());
    }
    const FrameIndex table = TRY(pool.take(1, FrameUse::PageTable));
    entry = PageTableEntry::table(pool.gpa_of(table));
    return table;
}

}  // namespace

Result<PageTables> PageTables::create(FramePool& pool) {
    const FrameIndex root = TRY(pool.take(1, FrameUse::PageTable));
    return PageTables{pool, root};
}

Result<PageTableEntry*> PageTables::entry_of(Hva page) {
    FrameIndex table = root_;
    for (u64 level = table_levels; level > 1; --level) {
        PageTableEntry& entry = as_table(pool_->page(table))[table_index(page, level)];
        table = TRY(next_table(*pool_, entry));
    }
    return &as_table(pool_->page(table))[table_index(page, 1)];
}

Result<void> PageTables::map(Hva page, Gpa gpa, PageRights rights) {
    PageTableEntry* entry = TRY(entry_of(page));
    if (entry->raw() != 0) {
        return fail(Error::Refused);
    }
    *entry = PageTableEntry::page(gpa, rights);
    return {};
}

}  // namespace vtl1
