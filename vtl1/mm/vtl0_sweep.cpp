// SPDX-License-Identifier: MIT
#include "vtl1/mm/vtl0_sweep.h"

#include "vtl1/mm/scratch.h"
#include "vtl1/mm/vtl0_memory.h"

namespace vtl1 {

namespace {

// The upper half begins where the highest bit that the tables translate is set, sign-extended.
constexpr u64 upper_half(u64 levels) {
    return ~u64{0} << (table_shift(levels) + 8);
}

static_assert(upper_half(4) == 0xffff'8000'0000'0000);
static_assert(upper_half(5) == 0xff00'0000'0000'0000);

}  // namespace

Vtl0Sweep::Vtl0Sweep(const Vtl0Paging& paging)
    : paging_(paging), next_(upper_half(paging.levels)) {}

Result<const PageTable*> Vtl0Sweep::read_table(Gpa table) {
    PageBytes& copy = scratch_page();
    TRY(copy_from_vtl0(table, copy));
    return &as_table(copy);
}

void Vtl0Sweep::advance(u64 level) {
    const u64 span = u64{1} << table_shift(level);
    next_ = (next_ & ~(span - 1)) + span;
    is_done_ = next_ == 0;
}

}  // namespace vtl1
