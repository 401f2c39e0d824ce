// SPDX-License-Identifier: MIT
#pragma once

#include <expected>

#include "base/register.h"
#include "base/types.h"
#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_register.h"

namespace hypervisor {

using base::u16;
using base::u32;
using base::u64;
using base::u8;

/// The rights that a VTL leaves to lower ones on a page. Nothing goes without read, and nothing is
/// executable for the kernel alone. Without mode-based execution control user and kernel execution
/// go together.
/// @source TLFS, "Memory Access Protections", HV_MAP_GPA_FLAGS
enum class PageRights : u8 {
    None = 0,
    Read = TLFS_PROTECT_READ,
    ReadWrite = TLFS_PROTECT_READ | TLFS_PROTECT_WRITE,
    ReadUserExecute = TLFS_PROTECT_READ | TLFS_PROTECT_USER_EXECUTE,
    ReadWriteUserExecute = TLFS_PROTECT_READ | TLFS_PROTECT_WRITE | TLFS_PROTECT_USER_EXECUTE,
    ReadExecute = TLFS_PROTECT_READ | TLFS_PROTECT_KERNEL_EXECUTE | TLFS_PROTECT_USER_EXECUTE,
    All = TLFS_PROTECT_ALL,
};

constexpr bool has_right(PageRights rights, u32 right) {
    return (static_cast<u32>(rights) & right) != 0;
}

/// What both allow.
constexpr PageRights common(PageRights a, PageRights b) {
    return static_cast<PageRights>(static_cast<u32>(a) & static_cast<u32>(b));
}

/// Reads the map flags of HvCallModifyVtlProtectionMask.
/// @param has_mbec  the partition has mode-based execution control
/// @return TLFS_STATUS_INVALID_REGISTER_VALUE for a combination that does not exist here, or any
///         bit above the four rights (shadow stack, adjustable, host flags).
constexpr std::expected<PageRights, u16> parse_page_rights(u32 map_flags, bool has_mbec) {
    switch (map_flags) {
        case static_cast<u32>(PageRights::ReadUserExecute):
        case static_cast<u32>(PageRights::ReadWriteUserExecute):
            if (!has_mbec) {
                return std::unexpected(u16{TLFS_STATUS_INVALID_REGISTER_VALUE});
            }
            return static_cast<PageRights>(map_flags);
        case static_cast<u32>(PageRights::None):
        case static_cast<u32>(PageRights::Read):
        case static_cast<u32>(PageRights::ReadWrite):
        case static_cast<u32>(PageRights::ReadExecute):
        case static_cast<u32>(PageRights::All):
            return static_cast<PageRights>(map_flags);
        default:
            return std::unexpected(u16{TLFS_STATUS_INVALID_REGISTER_VALUE});
    }
}

/// How VTL1 constrains the partition.
/// @source TLFS, HV_REGISTER_VSM_PARTITION_CONFIG
struct VsmPartitionConfig : base::Register<VsmPartitionConfig> {
    static constexpr Field<bool, 0> enable_vtl_protection{};  // stays once set
    static constexpr Field<u32, 4, 1> default_protection{};   // fixed once protection is enabled
    static constexpr Field<bool, 5> zero_memory_on_reset{};
    static constexpr Field<bool, 6> deny_lower_vtl_startup{};
    static constexpr Field<bool, 9> intercept_vp_startup{};

    static constexpr u64 known_bits = mask_of(enable_vtl_protection,
                                              default_protection,
                                              zero_memory_on_reset,
                                              deny_lower_vtl_startup,
                                              intercept_vp_startup);

    /// The rights of all RAM that no call has restricted.
    /// Valid on what parse_partition_config() returned; None on anything else.
    constexpr PageRights default_rights() const {
        return parse_page_rights(get(default_protection), false).value_or(PageRights::None);
    }
};

/// Decides whether VTL1 may replace the configuration. The default rights must exist here and hold
/// read and write: without them VTL0 would stop at its next instruction.
///
/// @param current    what the register holds now; 0 before the first write
/// @param requested  what VTL1 wants it to hold
/// @return TLFS_STATUS_INVALID_REGISTER_VALUE for an unknown bit, for default rights other than
///         ReadWrite and All, and for disabling protection or changing the default rights once
///         protection is enabled.
constexpr std::expected<VsmPartitionConfig, u16> parse_partition_config(VsmPartitionConfig current,
                                                                        u64 requested) {
    using Config = VsmPartitionConfig;
    constexpr auto refused = std::unexpected(u16{TLFS_STATUS_INVALID_REGISTER_VALUE});
    const Config config = Config::from_raw(requested);
    const PageRights rights = config.default_rights();
    if ((requested & ~Config::known_bits) != 0) {
        return refused;
    }
    if (rights != PageRights::ReadWrite && rights != PageRights::All) {
        return refused;
    }
    if (current.get(Config::enable_vtl_protection) &&
        (!config.get(Config::enable_vtl_protection) ||
         config.get(Config::default_protection) != current.get(Config::default_protection))) {
        return refused;
    }
    return config;
}

}  // namespace hypervisor
