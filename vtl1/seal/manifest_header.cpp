// SPDX-License-Identifier: MIT
#include "vtl1/seal/manifest_header.h"

#include <algorithm>

namespace vtl1 {

namespace {

constexpr u64 link_alignment = 0x20'0000;
constexpr u64 kernel_half = 0xffff'8000'0000'0000;
constexpr u32 image_bytes_max = 0x2000'0000;  // what a kernel's relocations reach

/// What VTL1 knows of a kind of section.
struct Kind {
    u32 kind;
    u32 record_bytes;
    bool is_optional = false;  // left out of the file if it has nothing to say
};

// Each of these, once.
constexpr std::array kinds{
    Kind{MANIFEST_SECTION_SYMBOLS, sizeof(manifest_symbol)},
    Kind{MANIFEST_SECTION_REGIONS, sizeof(manifest_region)},
    Kind{MANIFEST_SECTION_DIGESTS, MANIFEST_DIGEST_BYTES},
    Kind{MANIFEST_SECTION_RELOC64, sizeof(u32)},
    Kind{MANIFEST_SECTION_RELOC32, sizeof(u32)},
    Kind{MANIFEST_SECTION_INVERSE32, sizeof(u32), true},
    Kind{MANIFEST_SECTION_SITES, sizeof(manifest_site)},
    Kind{MANIFEST_SECTION_VALUES, sizeof(u8)},
    Kind{MANIFEST_SECTION_TARGETS, sizeof(manifest_target)},
    Kind{MANIFEST_SECTION_KEYS, sizeof(manifest_key), true},
    Kind{MANIFEST_SECTION_MASKS, sizeof(manifest_mask), true},
};

/// Whether it is of a kind that there is, and holds whole records.
bool is_section_right(const manifest_section& wire) {
    const auto found = std::ranges::find(kinds, wire.kind, &Kind::kind);
    return found != kinds.end() && wire.bytes != 0 && wire.bytes % found->record_bytes == 0;
}

bool is_zero(std::span<const u8> bytes) {
    return std::ranges::all_of(bytes, [](u8 byte) { return byte == 0; });
}

Result<void> check_fields(const manifest_header& copy) {
    const bool is_good =
        ManifestHeader::is_one(copy) && is_zero(copy.reserved0) && is_zero(copy.reserved1) &&
        copy.link_base % link_alignment == 0 && copy.link_base >= kernel_half &&
        copy.image_bytes != 0 && copy.image_bytes <= image_bytes_max &&
        copy.section_count <= MANIFEST_SECTIONS_MAX && std::span{copy.release}.back() == 0 &&
        std::ranges::all_of(copy.minimum_mode,
                            [](u8 mode) { return mode <= MANIFEST_MODE_ENFORCE; });
    return is_good ? Result<void>{} : fail(Error::BadArgument);
}

}  // namespace

Result<void> ManifestHeader::take_sections(const manifest_header& copy) {
    u64 pages = 0;
    const std::span all{copy.sections};
    for (u32 number = 0; number < copy.section_count; ++number) {
        const manifest_section& wire = all[number];
        if (wire.kind >= MANIFEST_SECTION_TOOLS) {
            continue;
        }
        ManifestSection& section = sections_[section_count_];
        section = {.kind = wire.kind, .number = number, .bytes = wire.bytes, .digest = {}};
        std::ranges::copy(wire.digest, section.digest.begin());
        const bool is_second =
            std::ranges::find(sections(), wire.kind, &ManifestSection::kind) != sections().end();
        pages += section.page_count();
        if (!is_section_right(wire) || is_second || pages > pages_max) {
            return fail(Error::BadArgument);
        }
        ++section_count_;
    }
    const bool is_complete = std::ranges::all_of(kinds, [&](const Kind& each) {
        return each.is_optional ||
               std::ranges::find(sections(), each.kind, &ManifestSection::kind) != sections().end();
    });
    return is_complete ? Result<void>{} : fail(Error::BadArgument);
}

Result<ManifestHeader> ManifestHeader::parse(const manifest_header& copy) {
    TRY(check_fields(copy));
    ManifestHeader header;
    header.version_ = copy.version;
    header.link_base_ = copy.link_base;
    header.image_bytes_ = copy.image_bytes;
    std::ranges::copy(copy.release, header.release_.begin());
    std::ranges::copy(copy.minimum_mode, header.minimum_mode_.begin());
    TRY(header.take_sections(copy));
    return header;
}

}  // namespace vtl1
