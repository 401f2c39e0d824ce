// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

/// Goes through the kernel's half of VTL0's address space once, in bounded steps. VTL0 may change
/// its tables meanwhile; the sweep goes on and ends all the same unless they lead in circles, and
/// even then each step ends.
class Vtl0Sweep {
public:
    /// What was found, by address.
    struct Found {
        Gva address;
        Vtl0Leaf leaf;
    };

    Vtl0Sweep() = default;

    explicit Vtl0Sweep(const Vtl0Paging& paging);

    bool is_done() const { return is_done_; }

    /// Looks at the next run of entries: one upper-level entry, or what is left of one lowest
    /// table.
    ///
    /// @param on_executable  called with a Found for each executable leaf; returns Result<void>,
    /// and
    ///                       an error ends the step, which is then repeated by the next call
    /// @return Error::BadAddress if a table is not VTL0's RAM; the error of `on_executable`
    template <class OnExecutable>
    Result<void> step(OnExecutable on_executable) {
        const Vtl0Step upper = TRY(walk_vtl0(paging_, Gva{next_}, lowest_table_level));
        if (is_lowest_table(upper)) {
            TRY(scan_table(upper, on_executable));
        } else if (upper.leaf.size_bytes != 0 && upper.leaf.is_executable) {
            TRY(on_executable(Found{Gva{next_}, upper.leaf}));
        }
        advance(upper.level);
        return {};
    }

private:
    static constexpr u64 lowest_table_level = 2;  // of the entry that refers to it

    static bool is_lowest_table(const Vtl0Step& step) {
        return step.entry.get(PageTableEntry::present) && step.leaf.size_bytes == 0;
    }

    template <class OnExecutable>
    Result<void> scan_table(const Vtl0Step& upper, OnExecutable& on_executable) {
        const PageTable& table = *TRY(read_table(upper.entry.gpa()));
        const u64 start = next_ & ~((u64{1} << table_shift(lowest_table_level)) - 1);
        for (usize i = 0; i < table.size(); ++i) {
            Vtl0Leaf leaf = upper.leaf;
            leaf.restrict(table[i]);
            if (table[i].get(PageTableEntry::present) && leaf.is_executable) {
                leaf.first = table[i].gpa();
                leaf.size_bytes = page_size;
                TRY(on_executable(Found{Gva{start + i * page_size}, leaf}));
            }
        }
        return {};
    }

    static Result<const PageTable*> read_table(Gpa table);
    void advance(u64 level);

    Vtl0Paging paging_{};
    u64 next_ = 0;
    bool is_done_ = false;
};

}  // namespace vtl1
