// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hvcall/abi/manifest.h"
#include "policies/types.h"

namespace policies {

/// The sections of a manifest that VTL1 reads, as arrays, and what the header says of the image.
/// Nothing is checked yet. Offsets are counted from _text as linked.
struct KernelTables {
    u64 link_base = 0;    // address of _text as linked
    u32 image_bytes = 0;  // from _text to _end
    std::span<const manifest_symbol> symbols;
    std::span<const manifest_region> regions;
    std::span<const u8> digests;  // MANIFEST_DIGEST_BYTES a page
    std::span<const u32> relocations64;
    std::span<const u32> relocations32;
    std::span<const u32> inverse32;
    std::span<const manifest_site> sites;
    std::span<const u8> values;
    std::span<const manifest_target> targets;
    std::span<const manifest_key> keys;
    std::span<const manifest_mask> masks;
};

/// A listed value of a patch site: as linked, and what becomes of its fields by the slide.
struct SiteValue {
    manifest_slid_value fields;
    std::span<const u8> bytes;
};

/// VTL0's kernel as its manifest describes it. Holding one is the proof that TableCheck has looked
/// at every record: orders are right, and every number names something that exists.
class KernelImage {
public:
    /// The sections. The arrays must live as long as this.
    constexpr const KernelTables& tables() const { return tables_; }

    /// @return the site that this byte belongs to; Error::NotFound
    Result<manifest_site> find_site(u32 offset) const;

    /// All sites with a byte in [begin, end), in order.
    std::span<const manifest_site> sites_between(u32 begin, u32 end) const;

    /// Whether a group of targets has this one.
    bool is_target(u32 group, u32 offset) const;

    /// One of the values of a site of kind VALUES or SLID_VALUES.
    /// @param number  below site.key
    SiteValue value(const manifest_site& site, usize number) const;

    /// Whether the key of this site stays as it is at seal. False for kinds without a key.
    bool is_frozen(const manifest_site& site) const;

private:
    friend class TableCheck;

    constexpr explicit KernelImage(const KernelTables& tables) : tables_(tables) {}

    KernelTables tables_;
};

/// The first offset behind the site.
constexpr u32 end_of(const manifest_site& site) {
    return site.offset + site.length;
}

/// Bytes that each value of the site takes in VALUES.
constexpr u32 value_stride(const manifest_site& site) {
    return site.kind == MANIFEST_SITE_SLID_VALUES ? u32{sizeof(manifest_slid_value)} + site.length
                                                  : u32{site.length};
}

/// Whether `key` is a number in KEYS.
constexpr bool has_key(const manifest_site& site) {
    return site.kind == MANIFEST_SITE_JUMP_LABEL || site.kind == MANIFEST_SITE_STATIC_CALL ||
           site.kind == MANIFEST_SITE_TRAMPOLINE;
}

}  // namespace policies
