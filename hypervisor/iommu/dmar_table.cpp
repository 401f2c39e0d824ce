// SPDX-License-Identifier: MIT
#include "hypervisor/iommu/dmar_table.h"

#include "hypervisor/boot/bytes.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;
using base::u16;
using base::u64;

constexpr u64 structures_offset = 48;
constexpr u64 structure_header_bytes = 4;  // type and length, 16 bits each
constexpr u16 type_unit = 0;               // DRHD

// Of the structure DRHD
constexpr u64 unit_bytes_min = 16;
constexpr u64 unit_segment_offset = 6;
constexpr u64 unit_registers_offset = 8;

struct Structure {
    u16 type;
    std::span<const std::byte> bytes;
};

Result<Structure> first_of(std::span<const std::byte> rest) {
    if (rest.size() < structure_header_bytes) {
        return base::fail(Error::BadArgument);
    }
    const u16 type = TRY(read_number<u16>(rest, 0));
    const u16 length = TRY(read_number<u16>(rest, 2));
    const u64 least = type == type_unit ? unit_bytes_min : structure_header_bytes;
    if (length < least || length > rest.size()) {
        return base::fail(Error::BadArgument);
    }
    return Structure{type, rest.first(length)};
}

Result<u64> registers_of(const Structure& unit) {
    const u16 segment = TRY(read_number<u16>(unit.bytes, unit_segment_offset));
    const u64 registers = TRY(read_number<u64>(unit.bytes, unit_registers_offset));
    if (segment != 0) {
        return base::fail(Error::Refused);
    }
    if (registers == 0 || registers % base::page_size != 0) {
        return base::fail(Error::BadArgument);
    }
    return registers;
}

}  // namespace

Result<u64> parse_dmar(std::span<const std::byte> table) {
    if (table.size() < structures_offset) {
        return base::fail(Error::BadArgument);
    }
    u64 registers = 0;
    for (auto rest = table.subspan(structures_offset); !rest.empty();) {
        const Structure structure = TRY(first_of(rest));
        if (structure.type == type_unit) {
            if (registers != 0) {
                return base::fail(Error::Refused);
            }
            registers = TRY(registers_of(structure));
        }
        rest = rest.subspan(structure.bytes.size());
    }
    if (registers == 0) {
        return base::fail(Error::NotFound);
    }
    return registers;
}

}  // namespace hypervisor
