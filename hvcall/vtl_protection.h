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

namespace detail {

inline void store_protection_header(const HypercallPort& port, PageAccess access) {
    // The VTL named is the one that imposes the restriction (tlfs.rst E13).
    const tlfs_modify_vtl_protection_mask header{.partition_id = TLFS_PARTITION_SELF,
                                                 .map_flags = static_cast<u32>(access),
                                                 .input_vtl = input_vtl(Vtl::Vtl1),
                                                 .reserved = {}};
    base::store_wire(*port.input, 0, header);
}

}  // namespace detail

/// Replaces the access that VTL0 has to a run of guest pages, in as many hypercalls as it takes.
/// The new access is in force on every VP on return.
///
/// @return Error::HypervisorFailed if a page is not RAM or the hypervisor refuses. The pages before
///         the failing one have then already changed.
/// @source TLFS, HvCallModifyVtlProtectionMask (call code 0x000c)
inline base::Result<void> modify_vtl_protection(const HypercallPort& port,
                                                PageAccess access,
                                                const base::GpaRange& range) {
    u64 next = range.first().page_number();
    const u64 end = range.end().page_number();
    while (next < end) {
        const u64 count = std::min(end - next, u64{TLFS_MODIFY_PROTECTION_PAGES_MAX});
        detail::store_protection_header(port, access);
        for (u64 i = 0; i < count; ++i) {
            const base::usize offset = sizeof(tlfs_modify_vtl_protection_mask) + i * sizeof(u64);
            base::store_wire(*port.input, offset, next + i);
        }
        TRY(rep_call_to_end(port, TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, static_cast<u16>(count)));
        next += count;
    }
    return {};
}

}  // namespace hv
