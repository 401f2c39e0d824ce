// SPDX-License-Identifier: MIT
#include "hypervisor/platform/msix_tables.h"

#include <algorithm>

#include "hypervisor/platform/device_window.h"
#include "hypervisor/tlfs/page_view.h"

namespace hypervisor::pci {

namespace {

struct Table {
    MemoryExtent bytes;  // empty: the slot is free
    Function function;
};

constinit std::array<Table, max_msix_tables> tables{};

u64 page_of(u64 gpa) {
    return gpa & ~(base::page_size - 1);
}

bool is_on_page(const Table& table, u64 gpa) {
    const u64 page = page_of(gpa);
    return table.bytes.overlaps({page, page + base::page_size});
}

/// Functions may share a page.
base::Result<void> update_rights(LockedPartition::Guard& locked, const MemoryExtent& bytes) {
    for (u64 page = page_of(bytes.first); page < bytes.end; page += base::page_size) {
        const PageView view = find_page(locked, Vtl::Vtl0, page);
        if (view.rights == PageRights::None) {
            continue;  // past the address space that VTL0 has
        }
        const PageRights rights =
            is_table_page(locked, page) ? PageRights::Read : PageRights::ReadWrite;
        TRY(set_page(locked, Vtl::Vtl0, page, {view.target, rights}));
    }
    return {};
}

}  // namespace

base::Result<void> guard_table(LockedPartition::Guard& locked,
                               Function function,
                               const MemoryExtent& table) {
    release_table(locked, function);
    const auto slot = std::ranges::find_if(tables, [](const Table& t) { return t.bytes.end == 0; });
    if (slot == tables.end()) {
        return base::fail(base::Error::NoMemory);
    }
    *slot = {table, function};
    const base::Result<void> result = update_rights(locked, table);
    if (!result) {
        release_table(locked, function);
    }
    return result;
}

void release_table(LockedPartition::Guard& locked, Function function) {
    for (Table& table : tables) {
        if (table.bytes.end != 0 && table.function == function) {
            const MemoryExtent bytes = table.bytes;
            table = {};
            base::must(update_rights(locked, bytes));  // of pages that are mapped one by one
        }
    }
}

bool is_table_behind(LockedPartition::Guard& /*locked*/, u32 first_bus, u32 last_bus) {
    return std::ranges::any_of(tables, [&](const Table& table) {
        const u32 bus = table.function >> 8;
        return table.bytes.end != 0 && bus != 0 && bus >= first_bus && bus <= last_bus;
    });
}

bool is_table_page(LockedPartition::Guard& /*locked*/, u64 gpa) {
    return std::ranges::any_of(tables, [&](const Table& table) { return is_on_page(table, gpa); });
}

bool write_table_for_guest(LockedPartition::Guard& locked, u64 gpa, unsigned width, u64 value) {
    // Unaligned ones could reach the next page. The tables may just have moved.
    if (gpa % width != 0 || !is_table_page(locked, gpa)) {
        return false;
    }
    for (const Table& table : tables) {
        if (!is_table_store_allowed(table.bytes, gpa, width, value)) {
            return false;
        }
    }
    device_window::store(locked, gpa, width, value);
    return true;
}

}  // namespace hypervisor::pci
