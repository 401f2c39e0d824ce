// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/boot/memory_map.h"
#include "hypervisor/platform/pci_rules.h"

/// MSI-X: a function keeps its interrupt messages in a table within one of its BARs.
/// @source PCI Local Bus 3.0, 6.8.2
namespace hypervisor::pci {

inline constexpr u64 msix_entry_bytes = 16;  // address, its upper half, data, mask

/// @param header  the first 4 bytes of the capability
constexpr u64 msix_table_bytes(u32 header) {
    return ((header >> 16 & 0x7ff) + 1) * msix_entry_bytes;
}

/// Whether an entry may hold this in its register at `offset`. Each register is judged alone, so
/// that any mixture of old and new halves is a message that is allowed: the order of the stores and
/// the entry's mask do not matter. The address 0, which Linux writes when it gives an interrupt
/// back, is no message: the device would write to memory by its DMA, as it may anyway.
constexpr bool is_entry_register_allowed(u64 offset, u32 value) {
    switch (offset) {
        case 0:
            return value == 0 || is_message_address(value);
        case 4:
            return value == 0;
        case 8:
            return is_message_data(value);
        default:
            return true;
    }
}

/// Whether VTL0 may store this at `gpa`, in a page that holds a part of the table; what is not of
/// the table it may.
/// @param gpa  a multiple of `width`
constexpr bool is_table_store_allowed(const MemoryExtent& table,
                                      u64 gpa,
                                      unsigned width,
                                      u64 value) {
    if (gpa + width <= table.first || gpa >= table.end) {
        return true;
    }
    const u64 offset = (gpa - table.first) % msix_entry_bytes;
    return (width == 4 && is_entry_register_allowed(offset, static_cast<u32>(value))) ||
           (width == 8 && is_entry_register_allowed(offset, static_cast<u32>(value)) &&
            is_entry_register_allowed(offset + 4, static_cast<u32>(value >> 32)));
}

}  // namespace hypervisor::pci
