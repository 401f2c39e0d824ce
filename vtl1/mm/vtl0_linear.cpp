// SPDX-License-Identifier: MIT
#include "vtl1/mm/vtl0_linear.h"

#include <algorithm>

#include "vtl1/mm/scratch.h"
#include "vtl1/mm/vtl0_memory.h"

namespace vtl1 {

namespace {

constexpr u64 cr0_paging = u64{1} << 31;
constexpr u64 cr4_five_levels = u64{1} << 12;
constexpr u64 efer_long_mode_active = u64{1} << 10;

constexpr u64 entry_present = 1U << 0;
constexpr u64 entry_large = 1U << 7;
constexpr u64 entry_address = 0x000f'ffff'ffff'f000;

constexpr u64 level_bits = 9;
constexpr unsigned large_level_max = 3;  // 1 GiB

constexpr u64 shift_of(unsigned level) {
    return base::page_shift + level_bits * (level - 1);
}

Result<u64> read_entry(u64 table, u64 index) {
    PageBytes& copy = scratch_page();
    TRY(copy_from_vtl0(Gpa{table}, copy));
    return base::load_wire<u64>(copy, index * sizeof(u64));
}

/// @return the physical address
Result<u64> walk(const Vtl0Translation& paging, u64 linear) {
    u64 table = paging.cr3 & entry_address;
    for (unsigned level = (paging.cr4 & cr4_five_levels) != 0 ? 5 : 4;; --level) {
        const u64 index = linear >> shift_of(level) & ((1U << level_bits) - 1);
        const u64 entry = TRY(read_entry(table, index));
        if ((entry & entry_present) == 0) {
            return fail(Error::BadAddress);
        }
        table = entry & entry_address;
        const bool is_large = level <= large_level_max && (entry & entry_large) != 0;
        if (level == 1 || is_large) {
            const u64 offset = (u64{1} << shift_of(level)) - 1;
            return (table & ~offset) | (linear & offset);
        }
    }
}

Result<u64> translate(const Vtl0Translation& paging, u64 linear) {
    if ((paging.cr0 & cr0_paging) == 0) {
        return linear;
    }
    if ((paging.efer & efer_long_mode_active) == 0) {
        return fail(Error::Refused);
    }
    return walk(paging, linear);
}

}  // namespace

Result<void> copy_from_vtl0_linear(const Vtl0Translation& paging,
                                   u64 linear,
                                   std::span<std::byte> into) {
    while (!into.empty()) {
        const u64 physical = TRY(translate(paging, linear));
        const u64 offset = physical % page_size;
        const usize size = std::min<u64>(into.size(), page_size - offset);
        PageBytes& copy = scratch_page();
        TRY(copy_from_vtl0(Gpa{physical - offset}, copy));
        std::ranges::copy(std::span{copy}.subspan(offset, size), into.begin());
        into = into.subspan(size);
        linear += size;
    }
    return {};
}

}  // namespace vtl1
