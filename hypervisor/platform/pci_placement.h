// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/boot/memory_map.h"
#include "hypervisor/platform/pci_ports.h"

namespace hypervisor::pci {

/// Where memory of PCI functions may be seen: between ECAM and the I/O APIC, and above all RAM.
struct Windows {
    MemoryExtent low;
    MemoryExtent high;

    bool holds(u64 first, u64 last) const;
};

/// A function that answers no access must not be asked where it would.
inline constexpr u32 header_type_register = 0x0c;

bool is_bridge(ConfigPorts& ports, Function function);

/// Whether all that a function would decode lies where it may. A range that starts at 0 or ends
/// with the address space is not decoded by QEMU.
/// @context the function's decoding is off: BARs are sized by writing to them
bool is_well_placed(ConfigPorts& ports, Function function, const Windows& windows);

/// Where a BAR lies. Nothing: it is one of I/O ports, or a function of this kind does not have it.
std::optional<u64> memory_bar(ConfigPorts& ports, Function function, unsigned bar);

}  // namespace hypervisor::pci
