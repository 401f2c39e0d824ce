// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/mm/frame_list.h"

namespace vtl1 {

/// What a frame of VTL1's own is used for.
enum class FrameUse : u8 { Free, Image, BootInfo, InitialTable, PageTable, CpuArea, Data };

/// Hands out VTL1's own frames. Frame n is mapped at the n-th page of the pool, so that frames with
/// neighbouring indices are neighbours there.
class FramePool {
public:
    /// @param frames  one use for each page; outlive the pool and start as Free
    constexpr FramePool(const FrameList& list, std::span<FrameUse> uses)
        : list_(list), uses_(uses) {}

    /// Starts over: every frame of the list is free.
    /// @param pages  the pool, as many pages as the list has frames
    void open(std::span<PageBytes> pages);

    /// Marks a frame that was in use before the pool existed.
    /// @return Error::BadAddress (not VTL1's), Error::Refused (in use already)
    Result<void> claim(Gpa gpa, FrameUse use);

    /// Takes `count` frames with neighbouring indices, all zero.
    /// @return the first; Error::NoMemory
    Result<FrameIndex> take(u64 count, FrameUse use);

    /// Wipes and frees every frame of one use.
    void give_back_all(FrameUse use);

    FrameUse use_of(FrameIndex index) const { return uses_[static_cast<usize>(index)]; }

    /// The frame's page in the pool. Frames of the image and of CPU areas have none after boot.
    PageBytes& page(FrameIndex index) { return pages_[static_cast<usize>(index)]; }

    /// Pages of frames that were taken together.
    std::span<PageBytes> pages(FrameIndex first, u64 count) {
        return pages_.subspan(static_cast<usize>(first), count);
    }

    const FrameList& list() const { return list_; }

    Gpa gpa_of(FrameIndex index) const { return base::must(list_.gpa_of(index)); }

    u64 free_count() const;

private:
    const FrameList& list_;
    std::span<FrameUse> uses_;
    std::span<PageBytes> pages_;
};

}  // namespace vtl1
