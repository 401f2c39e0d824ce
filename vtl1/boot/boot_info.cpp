// SPDX-License-Identifier: MIT
#include "vtl1/boot/boot_info.h"

#include <algorithm>

#include "hvcall/abi/tlfs_hypercall.h"

namespace vtl1 {

namespace {

constexpr u64 size_max = VTL1_BOOT_INFO_PAGES_MAX * page_size;

// Sizes fit into 64 bits whatever the counts are.
u64 size_of(const vtl1_boot_info& header) {
    return sizeof(header) + u64{header.frame_range_count} * sizeof(vtl1_frame_range) +
           u64{header.ram_range_count} * sizeof(vtl1_frame_range) +
           u64{header.vp_count} * sizeof(u32);
}

bool is_well_formed(const vtl1_boot_info& header) {
    return header.magic == VTL1_BOOT_MAGIC && header.abi_version == VTL1_BOOT_ABI_VERSION &&
           header.frame_range_count != 0 && header.ram_range_count != 0 &&
           header.ram_range_count <= VTL1_RAM_RANGES_MAX && header.vp_count != 0 &&
           header.vp_count <= VTL1_VP_COUNT_MAX && header.offline_vp_count < header.vp_count &&
           header.size_bytes == size_of(header) && header.size_bytes <= size_max &&
           (header.manifest_gpa == 0) == (header.manifest_bytes == 0) &&
           header.manifest_gpa % page_size == 0;
}

// SAFETY: the caller has checked that the tables lie within the bytes; each begins at a multiple of
// its alignment, as the header and the tables before it have sizes that are such multiples.
template <class T>
std::span<const T> table(std::span<const std::byte> bytes, u64 offset, u32 count) {
    const std::span<const std::byte> part = bytes.subspan(offset, count * sizeof(T));
#pragma clang unsafe_buffer_usage begin
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): see above
    return {reinterpret_cast<const T*>(part.data()), count};
#pragma clang unsafe_buffer_usage end
}

}  // namespace

Result<BootInfo> BootInfo::parse(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(vtl1_boot_info)) {
        return fail(Error::BadArgument);
    }
    const auto header = base::load_wire<vtl1_boot_info>(bytes, 0);
    if (!is_well_formed(header) || header.size_bytes > bytes.size()) {
        return fail(Error::BadArgument);
    }
    BootInfo info{header};
    u64 offset = sizeof(header);
    info.own_frames_ = table<vtl1_frame_range>(bytes, offset, header.frame_range_count);
    offset += info.own_frames_.size_bytes();
    info.ram_ = table<vtl1_frame_range>(bytes, offset, header.ram_range_count);
    offset += info.ram_.size_bytes();
    info.vp_indices_ = table<u32>(bytes, offset, header.vp_count);
    return info;
}

Result<void> VpList::fill(std::span<const u32> vp_indices, u32 boot_vp) {
    std::array<u32, VTL1_VP_COUNT_MAX> copy{};
    if (vp_indices.empty() || vp_indices.size() > copy.size()) {
        return fail(Error::BadArgument);
    }
    std::ranges::copy(vp_indices, copy.begin());
    const std::span<const u32> given = std::span{copy}.first(vp_indices.size());
    if (given.front() != boot_vp) {
        return fail(Error::BadArgument);
    }
    for (usize i = 0; i < given.size(); ++i) {
        // From TLFS_VP_SELF on, numbers mean something else than a VP.
        if (given[i] >= TLFS_VP_SELF || std::ranges::count(given.first(i), given[i]) != 0) {
            return fail(Error::BadArgument);
        }
    }
    indices_ = copy;
    count_ = given.size();
    return {};
}

}  // namespace vtl1
