// SPDX-License-Identifier: MIT
#include "hypervisor/boot/memory_map.h"

#include <algorithm>
#include <bit>

namespace hypervisor {

namespace {

using base::Error;
using base::Result;

MemoryKind kind_of_type(u32 type) {
    switch (type) {
        case static_cast<u32>(MemoryKind::Ram):
        case static_cast<u32>(MemoryKind::AcpiReclaimable):
        case static_cast<u32>(MemoryKind::AcpiNvs):
        case static_cast<u32>(MemoryKind::Bad):
            return static_cast<MemoryKind>(type);
        default:
            return MemoryKind::Reserved;
    }
}

u32 strictness(MemoryKind kind) {
    switch (kind) {
        case MemoryKind::Ram:
            return 0;
        case MemoryKind::AcpiReclaimable:
            return 1;
        case MemoryKind::AcpiNvs:
            return 2;
        case MemoryKind::Reserved:
            return 3;
        case MemoryKind::Bad:
            return 4;
    }
    __builtin_trap();
}

MemoryKind stricter(MemoryKind a, MemoryKind b) {
    return strictness(a) >= strictness(b) ? a : b;
}

/// The highest hole within one run of RAM. Each round ends at an extent to avoid, or lower, so no
/// extent is met twice.
Result<u64> highest_fit_within(MemoryExtent ram, const HoleRequest& request) {
    u64 top = std::min(ram.end, request.below);
    while (top > ram.first && top - ram.first >= request.size) {
        const u64 first = (top - request.size) & ~(request.alignment - 1);
        if (first < ram.first) {
            break;
        }
        const MemoryExtent hole{first, first + request.size};
        const auto obstacle = std::ranges::find_if(
            request.avoid, [&](const MemoryExtent& extent) { return extent.overlaps(hole); });
        if (obstacle == request.avoid.end()) {
            return first;
        }
        top = obstacle->first;
    }
    return base::fail(Error::NoMemory);
}

}  // namespace

/// Adds to the end of a map that is being built from low to high.
bool MemoryMap::append(MemoryExtent extent, MemoryKind kind) {
    if (extent.first >= extent.end) {
        return true;
    }
    if (count_ != 0) {
        MemoryEntry& last = entries_[count_ - 1];
        if (last.end == extent.first && last.kind == kind) {
            last.end = extent.end;
            return true;
        }
    }
    if (count_ == max_entries) {
        return false;
    }
    entries_[count_++] = {extent.first, extent.end, kind};
    return true;
}

/// One pass from low to high: what an entry has before the extent, then the gap up to the entry,
/// the overlap with it, and what it has behind the extent. Most of these are empty.
Result<void> MemoryMap::overlay(MemoryExtent extent, MemoryKind kind) {
    MemoryMap merged;
    bool fits = true;
    u64 done = extent.first;
    for (const MemoryEntry& entry : entries()) {
        const u64 low = std::clamp(entry.first, done, extent.end);
        const u64 high = std::clamp(entry.end, low, extent.end);
        fits = fits && merged.append({entry.first, std::min(entry.end, extent.first)}, entry.kind);
        fits = fits && merged.append({done, low}, kind);
        fits = fits && merged.append({low, high}, stricter(kind, entry.kind));
        fits = fits && merged.append({std::max(entry.first, extent.end), entry.end}, entry.kind);
        done = high;
    }
    fits = fits && merged.append({done, extent.end}, kind);
    if (!fits) {
        return base::fail(Error::NoMemory);
    }
    *this = merged;
    return {};
}

Result<void> MemoryMap::add(u64 base, u64 length, u32 type) {
    if (length > ~u64{0} - base) {
        return base::fail(Error::BadAddress);
    }
    return overlay({base, base + length}, kind_of_type(type));
}

Result<void> MemoryMap::reserve(MemoryExtent extent) {
    constexpr u64 page_mask = base::page_size - 1;
    if (extent.first >= extent.end) {
        return base::fail(Error::BadArgument);
    }
    if (extent.end > ~page_mask) {
        return base::fail(Error::BadAddress);
    }
    return overlay({extent.first & ~page_mask, (extent.end + page_mask) & ~page_mask},
                   MemoryKind::Reserved);
}

u64 MemoryMap::ram_bytes() const {
    u64 bytes = 0;
    for (const MemoryEntry& entry : entries()) {
        if (entry.kind == MemoryKind::Ram) {
            bytes += entry.end - entry.first;
        }
    }
    return bytes;
}

u64 MemoryMap::ram_end() const {
    u64 end = 0;
    for (const MemoryEntry& entry : entries()) {
        if (entry.kind == MemoryKind::Ram) {
            end = entry.end;
        }
    }
    return end;
}

bool MemoryMap::is_ram(MemoryExtent extent) const {
    const auto holds_it = [&](const MemoryEntry& entry) {
        return entry.kind == MemoryKind::Ram && entry.first <= extent.first &&
               extent.end <= entry.end;
    };
    return extent.first < extent.end && std::ranges::any_of(entries(), holds_it);
}

Result<u64> MemoryMap::highest_fit(const HoleRequest& request) const {
    if (request.size == 0 || !std::has_single_bit(request.alignment)) {
        return base::fail(Error::BadArgument);
    }
    Result<u64> best = base::fail(Error::NoMemory);
    for (const MemoryEntry& entry : entries()) {
        if (entry.kind == MemoryKind::Ram) {
            const auto hole = highest_fit_within({entry.first, entry.end}, request);
            best = hole.has_value() ? hole : best;
        }
    }
    return best;
}

}  // namespace hypervisor
