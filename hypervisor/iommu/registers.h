// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

/// The register page of the remapping unit. @source Intel VT-d 4.1, 11.4
namespace hypervisor::iommu {

using base::u32;
using base::u64;

// Offsets
inline constexpr u64 capability_offset = 0x08;
inline constexpr u64 extended_capability_offset = 0x10;
inline constexpr u64 command_offset = 0x18;
inline constexpr u64 status_offset = 0x1c;
inline constexpr u64 root_table_offset = 0x20;
inline constexpr u64 context_command_offset = 0x28;
inline constexpr u64 fault_status_offset = 0x34;
inline constexpr u64 fault_control_offset = 0x38;

// Global command and status: the bits have the same places in both.
inline constexpr u32 translation_enable = 1U << 31;
inline constexpr u32 set_root_table = 1U << 30;
inline constexpr u32 lasting_commands = 0x96ff'ffff;  // those that a further command must repeat

// Context command and IOTLB invalidation
inline constexpr u64 context_invalidate = u64{1} << 63;
inline constexpr u64 context_all = u64{1} << 61;
inline constexpr u64 iotlb_invalidate = u64{1} << 63;
inline constexpr u64 iotlb_all = u64{1} << 60;
inline constexpr u64 iotlb_drain = u64{3} << 48;  // reads and writes under way

// Fault control, fault status, upper half of a fault record
inline constexpr u32 fault_interrupt_mask = 1U << 31;
inline constexpr u32 fault_overflow = 1U << 0;
inline constexpr u32 fault_pending = 1U << 1;
inline constexpr u64 fault_recorded = u64{1} << 63;
inline constexpr u64 fault_is_read = u64{1} << 62;

/// What the two capability registers say.
struct Capabilities {
    u64 basic;
    u64 extended;

    u64 fault_records_offset() const { return (basic >> 24 & 0x3ff) * 16; }

    u64 fault_record_count() const { return (basic >> 40 & 0xff) + 1; }

    u64 iotlb_offset() const { return (extended >> 8 & 0x3ff) * 16 + 8; }

    /// Whether it walks tables of the shape of nested ones (four levels, 2 MiB leaves), needs no
    /// flush of write buffers, and has all its registers in one page.
    bool is_usable() const {
        constexpr u64 write_buffer = u64{1} << 4;
        constexpr u64 four_levels = u64{1} << 10;
        constexpr u64 large_pages = u64{1} << 34;
        constexpr u64 needed = four_levels | large_pages;
        return (basic & (needed | write_buffer)) == needed &&
               fault_records_offset() + 16 * fault_record_count() <= base::page_size &&
               iotlb_offset() + sizeof(u64) <= base::page_size;
    }
};

/// Accesses of the size that the register has. @param page  identity-mapped
u32 read32(u64 page, u64 offset);
u64 read64(u64 page, u64 offset);
void write32(u64 page, u64 offset, u32 value);
void write64(u64 page, u64 offset, u64 value);

}  // namespace hypervisor::iommu
