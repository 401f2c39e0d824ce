// SPDX-License-Identifier: MIT
#include "vtl1/mm/vtl0_walk.h"

#include "base/wire.h"
#include "hvcall/abi/tlfs_register.h"
#include "hvcall/vp_registers.h"
#include "vtl1/mm/page_table_entry.h"
#include "vtl1/mm/vtl0_memory.h"

namespace vtl1 {

namespace {

constexpr u64 cr4_la57 = u64{1} << 12;
constexpr u64 cr3_root = 0x000f'ffff'ffff'f000;  // without PCID and cache bits
constexpr u64 leaf_level_max = 3;                // 1 GiB

constexpr usize index_at(Gva address, u64 level) {
    return address.raw() >> table_shift(level) & (table_entries - 1);
}

constexpr bool is_leaf(PageTableEntry entry, u64 level) {
    return level == 1 || (level <= leaf_level_max && entry.get(PageTableEntry::large));
}

Result<PageTableEntry> read_entry(Gpa table, usize index) {
    u64 raw = 0;
    const Gpa place{table.raw() + index * sizeof(u64)};
    TRY(copy_part_from_vtl0(place, std::as_writable_bytes(std::span{&raw, 1})));
    return PageTableEntry::from_raw(raw);
}

}  // namespace

void Vtl0Leaf::restrict(PageTableEntry entry) {
    is_writable &= entry.get(PageTableEntry::writable);
    is_user &= entry.get(PageTableEntry::user);
    is_executable &= !entry.get(PageTableEntry::no_execute);
}

Result<Vtl0Paging> read_vtl0_paging(const hv::HypercallPort& port) {
    const auto cr3 = TRY(hv::get_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_CR3));
    const auto cr4 = TRY(hv::get_vp_register(port, hv::Vtl::Vtl0, TLFS_REG_CR4));
    return Vtl0Paging{.root = Gpa{cr3.low & cr3_root},
                      .levels = (cr4.low & cr4_la57) != 0 ? u64{5} : u64{4}};
}

Result<Vtl0Step> walk_vtl0(const Vtl0Paging& paging, Gva address, u64 last_level) {
    Vtl0Step step{.entry = {}, .level = paging.levels, .table = paging.root, .leaf = {}};
    while (true) {
        step.entry = TRY(read_entry(step.table, index_at(address, step.level)));
        if (!step.entry.get(PageTableEntry::present)) {
            return step;
        }
        step.leaf.restrict(step.entry);
        if (is_leaf(step.entry, step.level)) {
            step.leaf.size_bytes = u64{1} << table_shift(step.level);
            step.leaf.first = Gpa{step.entry.gpa().raw() & ~(step.leaf.size_bytes - 1)};
            return step;
        }
        if (step.level == last_level) {
            return step;
        }
        step.table = step.entry.gpa();
        --step.level;
    }
}

Result<Vtl0Leaf> find_vtl0_leaf(const Vtl0Paging& paging, Gva address) {
    const Vtl0Step step = TRY(walk_vtl0(paging, address, 1));
    return step.leaf.size_bytes != 0 ? Result<Vtl0Leaf>{step.leaf} : fail(Error::NotFound);
}

Result<Gpa> translate_vtl0(const Vtl0Paging& paging, Gva address) {
    const Vtl0Leaf leaf = TRY(find_vtl0_leaf(paging, address));
    return Gpa{leaf.first.raw() + (address.raw() & (leaf.size_bytes - 1))};
}

}  // namespace vtl1
