// SPDX-License-Identifier: MIT
#include "hypervisor/iommu/acpi_table.h"

#include "hypervisor/boot/bytes.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;
using Bytes = std::span<const std::byte>;

constexpr u64 bios_first = 0xe'0000;
constexpr u64 bios_end = 0x10'0000;
constexpr u64 table_bytes_max = u64{1} << 20;
constexpr u64 length_offset = 4;

// Root System Description Pointer. @source ACPI 6.5, table 5.3
constexpr std::string_view root_signature = "RSD PTR ";
constexpr u64 root_alignment = 16;
constexpr u64 root_bytes = 20;  // those that the first checksum covers, all there is in revision 0
constexpr u64 root_bytes_2 = 36;
constexpr u64 root_revision_offset = 15;
constexpr u64 root_rsdt_offset = 16;
constexpr u64 root_xsdt_offset = 24;

Result<Bytes> bytes_at(const PhysicalWindow& window, u64 address, u64 length) {
    if (address < window.first || !is_within(window.bytes.size(), address - window.first, length)) {
        return base::fail(Error::BadAddress);
    }
    return window.bytes.subspan(address - window.first, length);
}

bool begins_with(Bytes bytes, std::string_view signature) {
    for (usize i = 0; i < signature.size(); ++i) {
        if (std::to_integer<char>(bytes[i]) != signature[i]) {
            return false;
        }
    }
    return true;
}

Result<AcpiTable> table_at(const PhysicalWindow& window, u64 address) {
    const Bytes header = TRY(bytes_at(window, address, acpi_header_bytes));
    const u32 length = TRY(read_number<u32>(header, length_offset));
    if (length < acpi_header_bytes || length > table_bytes_max) {
        return base::fail(Error::BadArgument);
    }
    const Bytes bytes = TRY(bytes_at(window, address, length));
    if (acpi_sum(bytes) != 0) {
        return base::fail(Error::BadArgument);
    }
    return AcpiTable{address, bytes};
}

Result<Bytes> find_root(const PhysicalWindow& window) {
    for (u64 at = bios_first; at + root_bytes_2 <= bios_end; at += root_alignment) {
        const Bytes bytes = TRY(bytes_at(window, at, root_bytes_2));
        if (begins_with(bytes, root_signature) && acpi_sum(bytes.first(root_bytes)) == 0) {
            return bytes;
        }
    }
    return base::fail(Error::NotFound);
}

/// The table named by one entry of the RSDT or XSDT, whose entries have the type T.
template <class T>
Result<AcpiTable> find_in(const PhysicalWindow& window, u64 root, std::string_view signature) {
    const AcpiTable list = TRY(table_at(window, root));
    for (u64 at = acpi_header_bytes; at + sizeof(T) <= list.bytes.size(); at += sizeof(T)) {
        const u64 address = TRY(read_number<T>(list.bytes, at));
        // Other tables need not be reachable or sound.
        const auto header = bytes_at(window, address, acpi_header_bytes);
        if (header && begins_with(*header, signature)) {
            return table_at(window, address);
        }
    }
    return base::fail(Error::NotFound);
}

}  // namespace

u8 acpi_sum(Bytes bytes) {
    u8 sum = 0;
    for (const std::byte byte : bytes) {
        sum = static_cast<u8>(sum + std::to_integer<u8>(byte));
    }
    return sum;
}

Result<AcpiTable> find_acpi_table(const PhysicalWindow& window, std::string_view signature) {
    const Bytes root = TRY(find_root(window));
    const u8 revision = TRY(read_number<u8>(root, root_revision_offset));
    const u64 xsdt = revision < 2 ? 0 : TRY(read_number<u64>(root, root_xsdt_offset));
    if (xsdt != 0) {
        return find_in<u64>(window, xsdt, signature);
    }
    const u32 rsdt = TRY(read_number<u32>(root, root_rsdt_offset));
    return find_in<u32>(window, rsdt, signature);
}

}  // namespace hypervisor
