// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "base/result.h"
#include "base/types.h"

namespace hypervisor {

using base::u32;
using base::u64;
using base::usize;

/// What the firmware says about a run of memory.
/// @source ACPI 6.5, table 15.2 "Address Range Types"; the values also stand in boot_params
enum class MemoryKind : u32 { Ram = 1, Reserved = 2, AcpiReclaimable = 3, AcpiNvs = 4, Bad = 5 };

/// Bytes from `first` up to, and without, `end`.
struct MemoryExtent {
    u64 first = 0;
    u64 end = 0;

    constexpr bool overlaps(const MemoryExtent& other) const {
        return first < other.end && other.first < end && first < end && other.first < other.end;
    }

    friend constexpr bool operator==(const MemoryExtent&, const MemoryExtent&) = default;
};

struct MemoryEntry {
    u64 first = 0;  // bytes
    u64 end = 0;    // bytes; the first one past the entry
    MemoryKind kind = MemoryKind::Reserved;

    friend constexpr bool operator==(const MemoryEntry&, const MemoryEntry&) = default;
};

/// What highest_fit() looks for.
struct HoleRequest {
    static constexpr std::span<const MemoryExtent> nothing{};

    u64 size = 0;                                   // bytes; not zero
    u64 alignment = base::page_size;                // bytes; a power of two
    u64 below = ~u64{0};                            // the hole ends here or lower
    std::span<const MemoryExtent> avoid = nothing;  // any order; empty ones count for nothing
};

/// The machine's physical memory. Entries are always sorted, never empty, never overlapping, and
/// neighbours of the same kind are one entry. Where two sources disagree the more restrictive
/// kind wins, whatever the order: Ram < AcpiReclaimable < AcpiNvs < Reserved < Bad.
class MemoryMap {
public:
    static constexpr usize max_entries = 128;  // the length of boot_params' own table

    /// Takes one entry as the firmware gives it. A zero length is ignored; an unknown type counts
    /// as Reserved.
    /// @param base    bytes
    /// @param length  bytes
    /// @return Error::BadAddress if it wraps around, Error::NoMemory if there is no room left; the
    ///         map is then unchanged.
    base::Result<void> add(u64 base, u64 length, u32 type);

    /// Takes the extent, grown to whole pages, from whoever reads the map later. Gaps become
    /// Reserved as well; Bad stays Bad.
    /// @return Error::BadArgument if empty, Error::BadAddress if rounding wraps around,
    ///         Error::NoMemory if there is no room left; the map is then unchanged.
    base::Result<void> reserve(MemoryExtent extent);

    u64 ram_bytes() const;

    /// The first address past all RAM; 0 without any.
    u64 ram_end() const;

    /// Whether the extent is not empty and each of its bytes is RAM.
    bool is_ram(MemoryExtent extent) const;

    /// The highest address at which the requested bytes are free RAM. May be 0 if page 0 is RAM
    /// and is not avoided.
    /// @return Error::BadArgument for a size of zero or an alignment that is no power of two,
    ///         Error::NoMemory if nothing fits.
    base::Result<u64> highest_fit(const HoleRequest& request) const;

    std::span<const MemoryEntry> entries() const { return std::span{entries_}.first(count_); }

private:
    base::Result<void> overlay(MemoryExtent extent, MemoryKind kind);
    bool append(MemoryExtent extent, MemoryKind kind);

    std::array<MemoryEntry, max_entries> entries_{};
    usize count_ = 0;
};

}  // namespace hypervisor
