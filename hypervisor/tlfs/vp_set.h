// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstring>
#include <expected>
#include <span>

#include "hvcall/abi/tlfs_hypercall.h"
#include "hypervisor/tlfs/hypercall_input.h"

namespace hypervisor {

using base::usize;

/// VPs that a call names, whether they exist or not.
struct VpSet {
    u64 first_64;   // one bit each, by index; there are never more VPs
    bool is_empty;  // no VP at all was named, existing or not
};

/// Reads an HV_VP_SET.
/// @param banks  the variable header: what the set's fixed part says of it must be so
/// @return TLFS_STATUS_INVALID_PARAMETER for an unknown format, or more or fewer banks than valid
///         ones (tlfs.rst E19)
/// @source TLFS, "Virtual Processor Set"
inline std::expected<VpSet, TlfsStatus> parse_vp_set(const tlfs_vp_set& set,
                                                     std::span<const u8> banks) {
    if (set.format == TLFS_VP_SET_ALL) {
        return VpSet{.first_64 = ~u64{0}, .is_empty = false};
    }
    const usize count = static_cast<usize>(std::popcount(set.valid_bank_mask));
    if (set.format != TLFS_VP_SET_SPARSE || banks.size() != count * sizeof(u64)) {
        return std::unexpected(TlfsStatus{TLFS_STATUS_INVALID_PARAMETER});
    }
    VpSet result{.first_64 = 0, .is_empty = true};
    for (usize i = 0; i < count; ++i) {
        u64 bank = 0;
        std::memcpy(&bank, banks.subspan(i * sizeof(u64), sizeof(u64)).data(), sizeof(u64));
        result.is_empty = result.is_empty && bank == 0;
        if (i == 0 && (set.valid_bank_mask & 1) != 0) {
            result.first_64 = bank;
        }
    }
    return result;
}

}  // namespace hypervisor
