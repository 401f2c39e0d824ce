// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "base/types.h"

namespace fuzz {

using base::u64;
using base::usize;

struct NestedPage {
    u64 gpa;
    u64 frame;
    bool is_writable;
    bool is_executable;
};

/// Everything that one nested table maps, page by page, in order. Reads the tables with a walk of
/// its own, apart from hypervisor/npt/.
class NestedView {
public:
    explicit NestedView(u64 root) {
        pages_.reserve(4096);
        walk(root, 39, 0);
    }

    const std::vector<NestedPage>& pages() const { return pages_; }

    /// Null: nothing is there.
    const NestedPage* find(u64 gpa) const {
        const auto found = std::ranges::lower_bound(pages_, gpa, {}, &NestedPage::gpa);
        return found != pages_.end() && found->gpa == gpa ? &*found : nullptr;
    }

private:
    static constexpr u64 address_bits = 0x000f'ffff'ffff'f000;

    void walk(u64 table, unsigned shift, u64 first) {
        const auto* const entries = reinterpret_cast<const u64*>(table & address_bits);
        for (u64 i = 0; i < 512; ++i) {
            const u64 entry = entries[i];
            const u64 gpa = first | i << shift;
            if ((entry & 1) == 0) {
                continue;
            }
            if (shift != 12 && (entry & 0x80) == 0) {
                walk(entry, shift - 9, gpa);
                continue;
            }
            for (u64 at = 0; at < u64{1} << shift; at += base::page_size) {
                pages_.push_back(
                    {gpa + at, (entry & address_bits) + at, (entry & 2) != 0, entry >> 63 == 0});
            }
        }
    }

    std::vector<NestedPage> pages_;
};

}  // namespace fuzz
