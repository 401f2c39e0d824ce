// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/boot/multiboot.h"

namespace hypervisor {

/// The least APIC id above `after` of a processor that the firmware says is enabled.
/// @param madt   the Multiple APIC Description Table
/// @param after  nothing: the least of all
/// @return nothing if there is none; an entry that contradicts itself ends the table
/// @source ACPI 6.5, 5.2.12.2 and 5.2.12.12
std::optional<u32> next_processor(std::span<const std::byte> madt, std::optional<u32> after);

/// Brings every other processor of the machine into the hypervisor, in the order of their APIC ids,
/// up to max_vps; each waits there until VTL0 or VTL1 starts it. From then on no processor gets an
/// INIT of ours any more. Says so where a processor is left out.
/// @context boot only
void start_processors(const PhysicalWindow& window);

}  // namespace hypervisor
