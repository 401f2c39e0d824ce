// SPDX-License-Identifier: MIT
#pragma once

#include "base/register.h"
#include "vtl1/types.h"

namespace vtl1 {

/// What VTL1's own code may do with a page. Writable and executable at once cannot be said.
enum class PageRights : u8 { ReadOnly, ReadWrite, ReadExecute };

/// @source Intel SDM vol. 3A, tables 4-15 to 4-20; AMD APM vol. 2, 5.4
struct PageTableEntry : base::Register<PageTableEntry> {
    static constexpr Field<bool, 0> present{};
    static constexpr Field<bool, 1> writable{};
    static constexpr Field<bool, 2> user{};
    static constexpr Field<bool, 7> large{};  // in a level above the lowest
    static constexpr Field<u64, 51, 12> frame{};
    static constexpr Field<bool, 63> no_execute{};

    /// Maps one 4 KiB page for the kernel.
    static constexpr PageTableEntry page(Gpa gpa, PageRights rights) {
        return PageTableEntry{}
            .with(present, true)
            .with(writable, rights == PageRights::ReadWrite)
            .with(no_execute, rights != PageRights::ReadExecute)
            .with(frame, gpa.page_number());
    }

    /// Refers to the next table; the lowest level alone limits access.
    static constexpr PageTableEntry table(Gpa gpa) {
        return PageTableEntry{}
            .with(present, true)
            .with(writable, true)
            .with(frame, gpa.page_number());
    }

    constexpr Gpa gpa() const { return Gpa::of_page(get(frame)); }
};

static_assert(PageTableEntry::page(Gpa{0x1000}, PageRights::ReadWrite).raw() ==
              0x8000'0000'0000'1003);
static_assert(PageTableEntry::page(Gpa{0x1000}, PageRights::ReadExecute).raw() == 0x1001);

inline constexpr usize table_entries = 512;
inline constexpr u64 table_levels = 4;

using PageTable = std::array<PageTableEntry, table_entries>;
static_assert(sizeof(PageTable) == page_size);

/// Log2 of the bytes that one entry of a table of `level` (1 is the lowest) covers.
constexpr u64 table_shift(u64 level) {
    return base::page_shift + 9 * (level - 1);
}

/// Which entry of a table of `level` an address uses.
constexpr usize table_index(Hva address, u64 level) {
    return address.raw() >> table_shift(level) & (table_entries - 1);
}

/// A page of memory as a page table.
inline PageTable& as_table(PageBytes& page) {
    // SAFETY: same size, page aligned, and the entries are plain 64-bit values.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): see above
    return reinterpret_cast<PageTable&>(page);
}

}  // namespace vtl1
