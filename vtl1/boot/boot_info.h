// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hvcall/abi/boot.h"
#include "vtl1/types.h"

namespace vtl1 {

/// What the driver says at boot, well-formed. The header is a copy; the tables lie where the driver
/// put them and are copied by whoever uses them.
class BootInfo {
public:
    /// @param bytes  where the boot info lies; only the part that its header names is read
    /// @return Error::BadArgument
    static Result<BootInfo> parse(std::span<const std::byte> bytes);

    const vtl1_boot_info& header() const { return header_; }

    std::span<const vtl1_frame_range> own_frames() const { return own_frames_; }

    std::span<const vtl1_frame_range> ram() const { return ram_; }

    std::span<const u32> vp_indices() const { return vp_indices_; }

    u64 page_count() const { return (header_.size_bytes + page_size - 1) / page_size; }

private:
    explicit BootInfo(const vtl1_boot_info& header) : header_(header) {}

    vtl1_boot_info header_;
    std::span<const vtl1_frame_range> own_frames_;
    std::span<const vtl1_frame_range> ram_;
    std::span<const u32> vp_indices_;
};

/// The VPs on which VTL1 is to run; the boot VP is the first, none is there twice.
class VpList {
public:
    /// @return Error::BadArgument; the list is then as before
    Result<void> fill(std::span<const u32> vp_indices, u32 boot_vp);

    std::span<const u32> all() const { return std::span{indices_}.first(count_); }

private:
    std::array<u32, VTL1_VP_COUNT_MAX> indices_{};
    usize count_ = 0;
};

}  // namespace vtl1
