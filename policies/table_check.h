// SPDX-License-Identifier: MIT
#pragma once

#include "policies/kernel_image.h"

namespace policies {

inline constexpr u32 image_bytes_max = u32{1} << 30;  // Linux: KERNEL_IMAGE_SIZE
inline constexpr u64 link_base_alignment = u64{2} << 20;
inline constexpr u32 values_max = 256;  // of a site of kind VALUES or SLID_VALUES

/// Looks once at every record of a manifest's sections, in pieces, for there are hundreds of
/// thousands. The manifest is signed; but whoever signs by mistake must not get VTL1 to read out of
/// bounds. What it requires beside hvcall/abi/manifest.h:
///
/// - lengths: RETURN 5 to 15, ENDBR 4, FTRACE, FTRACE_CORE and STATIC_CALL 5, TRAMPOLINE 5 or 6,
///   JUMP_LABEL 2 or 5 (and the target in reach), SMP_LOCK 1, CONSTANT 1, 2, 4 or 8, RELOCATED 4
///   or 8;
/// - at most 256 values a site;
/// - `key` and `argument` are 0 where their kind gives them no meaning;
/// - no relocated field crosses a page, or has a byte in a site or in a field of the same section.
class TableCheck {
public:
    /// @param tables  the arrays must live as long as this and do not change
    explicit TableCheck(const KernelTables& tables) : tables_(tables) {}

    /// Looks at some more records.
    /// @param record_count  at most so many; a site's values count as one
    /// @return true: all have been looked at, and are right. Error::BadArgument: one is wrong; so
    ///         is every later answer
    Result<bool> step(usize record_count);

    /// @return Error::Busy before step() has returned true
    Result<KernelImage> image() const;

private:
    enum class Section : u8 {
        Image,
        Sites,  // before the fields, which are searched for among them
        Symbols,
        Regions,
        Relocations64,
        Relocations32,
        Inverse32,
        Targets,
        Keys,
        Masks,
        End,
    };

    usize record_count() const;
    bool is_right() const;
    bool is_image_right() const;
    bool is_symbol_right() const;
    bool is_region_right() const;
    bool is_field_right(std::span<const u32> fields, u32 bytes) const;
    bool is_site_right() const;
    bool is_target_right() const;
    bool is_key_right() const;
    bool is_mask_right() const;

    KernelTables tables_;
    Section section_ = Section::Image;
    usize index_ = 0;  // of the next record
    bool has_failed_ = false;
};

/// All at once.
/// @return Error::BadArgument
Result<KernelImage> check_tables(const KernelTables& tables);

}  // namespace policies
