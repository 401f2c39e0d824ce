// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "hypervisor/platform/pci_ports.h"

/// What VTL0 may write into configuration space, as far as it can be decided without looking.
namespace hypervisor::pci {

// QEMU's q35
inline constexpr Function host_bridge = 0x00 << 3 | 0;
inline constexpr Function lpc_bridge = 0x1f << 3 | 0;
inline constexpr u32 host_bridge_id = 0x29c0'8086;
inline constexpr u32 pciexbar_register = 0x60;  // Intel 3 Series, 5.1.16

struct RegisterRange {
    u8 first;
    u8 last;  // the last one that belongs to it
};

/// These functions place RAM, ROM, ECAM and register blocks by registers of their own (PAM,
/// SMRAM, PCIEXBAR; PMBASE, RCBA): they keep all that is not in this list.
inline constexpr std::array common_registers{RegisterRange{0x04, 0x07}, RegisterRange{0x0c, 0x0c},
                                             RegisterRange{0x3c, 0x3c}};
/// Interrupt routing. @source Intel ICH9, 13.1.17 and 13.1.18
inline constexpr std::array lpc_registers{RegisterRange{0x60, 0x63}, RegisterRange{0x68, 0x6b}};

constexpr bool is_platform_function(Function function) {
    return function == host_bridge || function == lpc_bridge;
}

constexpr bool is_within(std::span<const RegisterRange> list, u32 offset, unsigned width) {
    for (const RegisterRange& range : list) {
        if (range.first <= offset && offset + width - 1 <= range.last) {
            return true;
        }
    }
    return false;
}

/// @param function  for which is_platform_function()
constexpr bool may_write_platform(Function function, u32 offset, unsigned width) {
    return is_within(common_registers, offset, width) ||
           (function == lpc_bridge && is_within(lpc_registers, offset, width));
}

/// Whether a register of 4 bytes says where the function is seen. Bridges have windows instead of
/// most BARs. @source PCI Local Bus 3.0, 6.1; PCI-to-PCI Bridge 1.2, 3.2
constexpr bool forms_addresses(bool is_bridge, u32 offset) {
    if (is_bridge) {
        return (offset >= 0x10 && offset <= 0x14) || (offset >= 0x1c && offset <= 0x30) ||
               offset == 0x38;
    }
    return (offset >= 0x10 && offset <= 0x24) || offset == 0x30;
}

/// An interrupt message goes to a local APIC and nowhere else, and is no SMI, NMI or INIT.
/// @source Intel SDM vol. 3A, 11.11
constexpr bool is_message_address(u32 low) {
    return low >> 20 == 0xfee;
}

constexpr bool is_message_data(u32 data) {
    return (data >> 8 & 7) <= 1;  // fixed, lowest priority
}

static_assert(!may_write_platform(host_bridge, 0x60, 4) &&
              !may_write_platform(lpc_bridge, 0xf0, 4));
static_assert(!may_write_platform(host_bridge, 0x90, 1) &&
              !may_write_platform(lpc_bridge, 0x40, 4));
static_assert(may_write_platform(lpc_bridge, 0x60, 1) && !may_write_platform(host_bridge, 0x60, 1));
static_assert(!may_write_platform(lpc_bridge, 0x63, 2));
static_assert(is_message_address(0xfee0'1004) && !is_message_address(0x1000));
static_assert(is_message_data(0x4021) && !is_message_data(0x0500) && !is_message_data(0x0200));

}  // namespace hypervisor::pci
