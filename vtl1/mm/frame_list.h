// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hvcall/abi/boot.h"
#include "vtl1/types.h"

namespace vtl1 {

/// A number of a frame of VTL1's own: 0 is the lowest (boot ABI).
enum class FrameIndex : u32 {};

/// VTL1's own frames, as runs sorted by address. Once filled it is right by construction: no run is
/// empty, touches or overlaps another, or wraps around.
class FrameList {
public:
    static constexpr usize run_count_max = 4096;  // more than fit into the boot info
    static constexpr u64 frame_count_max = VTL1_POOL_BYTES_MAX / page_size;

    struct Run {
        u64 first_frame;  // page number
        u32 frame_count;
        u32 first_index;
    };

    /// Replaces the content.
    /// @return Error::BadArgument (empty, out of order, touching, too many), Error::BadAddress
    /// (past
    ///         the physical limit); the list is then empty
    Result<void> fill(std::span<const vtl1_frame_range> ranges);

    u64 frame_count() const { return frame_count_; }

    std::span<const Run> runs() const { return std::span{runs_}.first(run_count_); }

    bool contains(Gpa gpa) const { return find(gpa.page_number()) != nullptr; }

    /// @return Error::BadAddress if the frame is not VTL1's
    Result<FrameIndex> index_of(Gpa gpa) const;

    /// @return Error::BadAddress if there is no such frame
    Result<Gpa> gpa_of(FrameIndex index) const;

private:
    Result<void> append(const vtl1_frame_range& range);
    const Run* find(u64 frame) const;

    std::array<Run, run_count_max> runs_{};
    usize run_count_ = 0;
    u64 frame_count_ = 0;
};

}  // namespace vtl1
