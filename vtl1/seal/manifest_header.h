// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "hvcall/abi/manifest.h"
#include "vtl1/types.h"

namespace vtl1 {

/// One section that VTL1 takes.
struct ManifestSection {
    u32 kind;    // MANIFEST_SECTION_*, below MANIFEST_SECTION_TOOLS
    u32 number;  // in the header
    u32 bytes;   // not 0
    std::array<u8, MANIFEST_DIGEST_BYTES> digest;

    u32 page_count() const { return static_cast<u32>((u64{bytes} + page_size - 1) / page_size); }
};

/// What a manifest's header says, once its form is checked.
class ManifestHeader {
public:
    /// VTL1's sections together; what a manifest of a Debian kernel needs, twice.
    static constexpr u64 pages_max = 1024;

    ManifestHeader() = default;

    /// Whether it says that it is a manifest of this format.
    static bool is_one(const manifest_header& copy) {
        return copy.magic == MANIFEST_MAGIC && copy.format == MANIFEST_FORMAT;
    }

    /// @param copy  in VTL1's memory, its signature checked
    /// @return Error::BadArgument: not a manifest, another format, something reserved is not 0, a
    ///         kind twice or one missing, a size or mode outside its range, no whole
    ///         records
    static Result<ManifestHeader> parse(const manifest_header& copy);

    u32 version() const { return version_; }

    u64 link_base() const { return link_base_; }

    u32 image_bytes() const { return image_bytes_; }

    /// In the header's order.
    std::span<const ManifestSection> sections() const {
        return std::span{sections_}.first(section_count_);
    }

    /// As uname says it; ends with 0.
    const std::array<u8, MANIFEST_RELEASE_BYTES>& release() const { return release_; }

    u8 minimum_mode(u32 policy) const { return minimum_mode_[policy]; }

private:
    Result<void> take_sections(const manifest_header& copy);

    u32 version_ = 0;
    u64 link_base_ = 0;
    u32 image_bytes_ = 0;
    std::array<u8, MANIFEST_RELEASE_BYTES> release_{};
    std::array<u8, MANIFEST_POLICY_COUNT> minimum_mode_{};
    std::array<ManifestSection, MANIFEST_SECTIONS_MAX> sections_{};
    usize section_count_ = 0;
};

}  // namespace vtl1
