// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/tlfs/partition.h"

namespace hypervisor {

/// What a VTL finds at one page of its guest-physical memory.
struct PageView {
    u64 target = 0;  // host-physical; means nothing without rights
    PageRights rights = PageRights::None;

    friend constexpr bool operator==(const PageView&, const PageView&) = default;
};

/// Reads it out of the nested tables: for VTL0 out of both (partition.h).
PageView find_page(LockedPartition::Guard& locked, Vtl vtl, u64 gpa);

/// Sets it in all nested tables of this VTL, and joins a large leaf where all rights agree. The
/// caller flushes. Rights of the user alone exist for VTL0 only.
/// @return Error::NoMemory; then nothing has changed.
base::Result<void> set_page(LockedPartition::Guard& locked, Vtl vtl, u64 gpa, const PageView& view);

/// The same for the 2 MiB of RAM around `gpa`, which map to themselves.
/// @return false if they are not mapped by one leaf; then nothing has changed.
bool set_large_page(LockedPartition::Guard& locked, Vtl vtl, u64 gpa, PageRights rights);

/// The rights of a leaf of the kernel's table, which is VTL1's only one.
constexpr LeafRights kernel_leaf(PageRights rights) {
    return {.writable = has_right(rights, TLFS_PROTECT_WRITE),
            .executable = has_right(rights, TLFS_PROTECT_KERNEL_EXECUTE)};
}

/// In the user's table: frames that the kernel may execute are not executable there, so that no
/// code of the kernel ever runs on it.
constexpr LeafRights user_leaf(PageRights rights) {
    return {.writable = has_right(rights, TLFS_PROTECT_WRITE),
            .executable = has_right(rights, TLFS_PROTECT_USER_EXECUTE) &&
                          !has_right(rights, TLFS_PROTECT_KERNEL_EXECUTE)};
}

static_assert(user_leaf(PageRights::ReadWriteUserExecute) == LeafRights{true, true});
static_assert(user_leaf(PageRights::All) == LeafRights{true, false});
static_assert(kernel_leaf(PageRights::ReadUserExecute) == LeafRights{false, false});
static_assert(kernel_leaf(PageRights::ReadExecute) == LeafRights{false, true});

}  // namespace hypervisor
