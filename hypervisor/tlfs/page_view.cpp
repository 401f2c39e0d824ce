// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/page_view.h"

namespace hypervisor {

namespace {

std::optional<Leaf> leaf_for(const PageView& view, LeafRights rights) {
    if (!has_right(view.rights, TLFS_PROTECT_READ)) {
        return std::nullopt;  // nested tables have no bit for reading (AMD APM vol. 2, 15.25.5)
    }
    return Leaf{view.target, rights};
}

/// One page of one nested table, and what it shall become.
struct Change {
    PageTable& table;
    u64 gpa;
    std::optional<Leaf> leaf;

    /// Where nothing changes, no large leaf is split.
    bool is_needed() const {
        const std::optional<Leaf> old = table.find(gpa);
        return old.has_value() != leaf.has_value() ||
               (leaf && (old->rights != leaf->rights || old->target != leaf->target));
    }

    base::Result<void> reserve(FramePool& pool) const {
        return is_needed() ? table.reserve_page(pool, gpa) : base::Result<void>{};
    }

    void apply(FramePool& pool) const {
        if (is_needed()) {
            base::must(table.set_page(pool, gpa, leaf));
            table.join(pool, gpa);
        }
    }
};

}  // namespace

PageView find_page(LockedPartition::Guard& locked, Vtl vtl, u64 gpa) {
    const std::optional<Leaf> kernel = locked->of(vtl).nested.find(gpa);
    if (!kernel) {
        return {};
    }
    u32 rights = TLFS_PROTECT_READ | (kernel->rights.writable ? TLFS_PROTECT_WRITE : 0);
    if (kernel->rights.executable) {
        rights |= TLFS_PROTECT_KERNEL_EXECUTE | TLFS_PROTECT_USER_EXECUTE;
    } else if (vtl == Vtl::Vtl0) {
        const std::optional<Leaf> user = locked->user_view.find(gpa);
        rights |= user && user->rights.executable ? TLFS_PROTECT_USER_EXECUTE : 0;
    }
    return {kernel->target, static_cast<PageRights>(rights)};
}

base::Result<void> set_page(LockedPartition::Guard& locked,
                            Vtl vtl,
                            u64 gpa,
                            const PageView& view) {
    FramePool& pool = locked->pool;
    const LeafRights in_kernel = kernel_leaf(view.rights);
    const Change kernel{locked->of(vtl).nested, gpa, leaf_for(view, in_kernel)};
    TRY(kernel.reserve(pool));
    if (vtl == Vtl::Vtl1) {
        kernel.apply(pool);
        return {};
    }
    const Change user{locked->user_view, gpa, leaf_for(view, user_leaf(view.rights))};
    TRY(user.reserve(pool));
    // Never executable in both, not even between the two stores: what goes, goes first.
    const Change& first = in_kernel.executable ? user : kernel;
    const Change& second = in_kernel.executable ? kernel : user;
    first.apply(pool);
    second.apply(pool);
    return {};
}

bool set_large_page(LockedPartition::Guard& locked, Vtl vtl, u64 gpa, PageRights rights) {
    PageTable& kernel = locked->of(vtl).nested;
    if (!kernel.is_large(gpa) || (vtl == Vtl::Vtl0 && !locked->user_view.is_large(gpa))) {
        return false;
    }
    base::must(kernel.map_large(locked->pool, gpa, kernel_leaf(rights)));
    if (vtl == Vtl::Vtl0) {
        base::must(locked->user_view.map_large(locked->pool, gpa, user_leaf(rights)));
    }
    return true;
}

}  // namespace hypervisor
