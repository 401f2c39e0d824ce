// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include "hvcall/hypercall.h"

namespace hv {

/// What VTL0 may do with a page (tlfs.rst 5.2 and 8.1, rule 6). Execution by the user alone exists
/// only where the partition has mode-based execution control.
/// @source TLFS, HV_MAP_GPA_FLAGS; order of the execute bits: tlfs.rst E2
enum class PageAccess : u32 {
    None = 0,
    Read = TLFS_PROTECT_READ,
    ReadWrite = TLFS_PROTECT_READ | TLFS_PROTECT_WRITE,
    ReadUserExecute = TLFS_PROTECT_READ | TLFS_PROTECT_USER_EXECUTE,
    ReadWriteUserExecute = TLFS_PROTECT_READ | TLFS_PROTECT_WRITE | TLFS_PROTECT_USER_EXECUTE,
    ReadExecute = TLFS_PROTECT_READ | TLFS_PROTECT_KERNEL_EXECUTE | TLFS_PROTECT_USER_EXECUTE,
    All = TLFS_PROTECT_ALL,
};

/// @param right  one of TLFS_PROTECT_*
constexpr bool has_right(PageAccess access, u32 right) {
    return (static_cast<u32>(access) & right) != 0;
}

/// What both allow. Two of the accesses above have one of them in common.
constexpr PageAccess common(PageAccess one, PageAccess other) {
    return static_cast<PageAccess>(static_cast<u32>(one) & static_cast<u32>(other));
}

namespace detail {

inline void store_protection_header(const HypercallPort& port, PageAccess access) {
    // The VTL named is the one that imposes the restriction (tlfs.rst E13).
    const tlfs_modify_vtl_protection_mask header{.partition_id = TLFS_PARTITION_SELF,
                                                 .map_flags = static_cast<u32>(access),
                                                 .input_vtl = input_vtl(Vtl::Vtl1),
                                                 .reserved = {}};
    base::store_wire(*port.input, 0, header);
}

// A call that the hypervisor ends early with success goes on at the page where it stopped.
// Returns how many pages have changed; all of them only on success.
inline u16 run_protection_batch(const HypercallPort& port, u16 count) {
    u16 done = 0;
    while (done < count) {
        const HypercallResult result =
            rep_call(port, TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, count, done);
        if (!result.is_success()) {
            return std::clamp(result.reps_done, done, static_cast<u16>(count - 1));
        }
        if (result.reps_done <= done || result.reps_done > count) {
            return done;
        }
        done = result.reps_done;
    }
    return done;
}

}  // namespace detail

/// Replaces the access that VTL0 has to a run of guest pages, in as many hypercalls as it takes,
/// and stops at the first page that is not RAM or that the hypervisor refuses. Where rights are
/// taken, a page behind it may have lost them too.
///
/// @return how many pages, from the first on, have the new access; it is in force on every VP
/// @source TLFS, HvCallModifyVtlProtectionMask (call code 0x000c)
inline u64 change_vtl_protection(const HypercallPort& port,
                                 PageAccess access,
                                 const base::GpaRange& range) {
    const u64 first = range.first().page_number();
    u64 done = 0;
    while (done < range.page_count()) {
        const u64 count =
            std::min(range.page_count() - done, u64{TLFS_MODIFY_PROTECTION_PAGES_MAX});
        detail::store_protection_header(port, access);
        for (u64 i = 0; i < count; ++i) {
            const base::usize offset = sizeof(tlfs_modify_vtl_protection_mask) + i * sizeof(u64);
            base::store_wire(*port.input, offset, first + done + i);
        }
        const u16 changed = detail::run_protection_batch(port, static_cast<u16>(count));
        done += changed;
        if (changed < count) {
            break;
        }
    }
    return done;
}

/// As change_vtl_protection, for what must not fail half-way.
/// @return Error::HypervisorFailed. The pages before the failing one have then already changed.
inline base::Result<void> modify_vtl_protection(const HypercallPort& port,
                                                PageAccess access,
                                                const base::GpaRange& range) {
    return change_vtl_protection(port, access, range) == range.page_count()
               ? base::Result<void>{}
               : base::fail(base::Error::HypervisorFailed);
}

}  // namespace hv
