// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/boot/multiboot.h"

namespace hypervisor {

/// Where the firmware put one of its tables.
struct AcpiTable {
    u64 address;  // bytes
    std::span<const std::byte> bytes;
};

using base::u8;

inline constexpr u64 acpi_signature_offset = 0;
inline constexpr u64 acpi_checksum_offset = 9;
inline constexpr u64 acpi_header_bytes = 36;

/// The sum of all bytes, which is zero for a sound table.
u8 acpi_sum(std::span<const std::byte> bytes);

/// Looks a table up by way of the root pointer in the BIOS's memory below 1 MiB and the table of
/// addresses that it names: the XSDT, or else the RSDT.
/// @return Error::NotFound if there is no root pointer or no such table, Error::BadAddress if one
///         of the tables lies outside of the window, Error::BadArgument if one contradicts itself,
///         its checksum included.
/// @context boot only
/// @source ACPI 6.5, 5.2.5.1, 5.2.5.3, 5.2.6 to 5.2.8
base::Result<AcpiTable> find_acpi_table(const PhysicalWindow& window, std::string_view signature);

}  // namespace hypervisor
