// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <optional>

#include "base/result.h"
#include "base/types.h"
#include "hypervisor/npt/frame_pool.h"

namespace hypervisor {

using base::u64;

/// Rights of a leaf. Present and user bits are implied: nested walks are user accesses
/// (AMD APM vol. 2, 15.25.5), and what is not present has no leaf.
struct LeafRights {
    bool writable;
    bool executable;

    friend constexpr bool operator==(const LeafRights&, const LeafRights&) = default;
};

struct Leaf {
    u64 target;  // page-aligned host-physical address
    LeafRights rights;
};

/// Four levels of long-mode page tables in identity-mapped frames: a guest's nested table, or the
/// host's own. Maps 2 MiB leaves and splits them when one page of them changes.
/// Readers need no lock (each entry is written by one store); writers hold LockRank::Partition.
class PageTable {
public:
    constexpr PageTable() = default;

    /// @return Error::NoMemory
    static base::Result<PageTable> create(FramePool& pool);

    /// The tables under a root, for those who only look.
    static PageTable at(u64 root) {
        PageTable table;
        table.root_ = root;
        return table;
    }

    /// The root, for CR3 or the VMCB's nested CR3.
    u64 root() const { return root_; }

    /// Maps the 2 MiB at `address` to themselves. @return Error::NoMemory
    base::Result<void> map_large(FramePool& pool, u64 address, LeafRights rights);

    /// Maps, or changes, one page. An empty leaf takes the page away.
    /// @return Error::NoMemory; then nothing has changed.
    base::Result<void> set_page(FramePool& pool, u64 address, std::optional<Leaf> leaf);

    /// Makes sure that set_page() of this page needs no memory. @return Error::NoMemory
    base::Result<void> reserve_page(FramePool& pool, u64 address);

    /// Maps the 2 MiB around `address` by one leaf again, if all their pages have the same rights
    /// and lie in a row. The table that they had must stay as it is until no CPU can walk it:
    /// FramePool::retire(). Does nothing if the pool cannot take it now.
    void join(FramePool& pool, u64 address);

    /// Whether one leaf maps the 2 MiB around `address`.
    bool is_large(u64 address) const;

    /// What is mapped at the page of `address`; an empty optional: nothing.
    std::optional<Leaf> find(u64 address) const;

private:
    base::Result<u64*> entry(FramePool& pool, u64 address, unsigned level);
    u64* directory_entry(u64 address) const;

    u64 root_ = 0;
};

inline constexpr u64 large_page_size = u64{2} << 20;  // 2 MiB

}  // namespace hypervisor
