// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <span>

#include "hvcall/abi/boot.h"
#include "vtl1/types.h"

namespace vtl1 {

/// Which guest-physical frames are RAM: what VTL0's driver said at boot, and for which of them the
/// hypervisor has confirmed it. Filled at boot; then only confirmations are added.
class RamMap {
public:
    /// Replaces the content. No frame is confirmed.
    /// @return Error::BadArgument (empty, out of order, touching, too many), Error::BadAddress
    /// (past
    ///         the physical limit); the map is then empty
    Result<void> fill(std::span<const vtl1_frame_range> ranges);

    u64 frame_count() const { return frame_count_; }

    /// How many words of confirmations the map needs.
    u64 word_count() const { return (frame_count_ + 63) / 64; }

    /// @param words  word_count() of them, all zero; outlive the map
    void use_confirmations(std::span<std::atomic<u64>> words);

    bool contains(Gpa gpa) const { return find(gpa.page_number()) != nullptr; }

    /// True if all of the run lies in one range of RAM.
    bool contains(u64 first_frame, u64 frame_count) const;

    /// Frames are numbered without gaps: 0 is the lowest.
    /// @pre contains(gpa)
    u64 index_of(Gpa gpa) const;

    /// From the frame of this number to the end of its range.
    /// @pre index < frame_count()
    base::GpaRange run_from(u64 index) const;

    /// @pre contains(gpa)
    bool is_confirmed(Gpa gpa) const;
    void confirm(Gpa gpa);

private:
    struct Range {
        u64 first_frame;
        u64 frame_count;
        u64 first_index;
    };

    Result<void> append(const vtl1_frame_range& range);
    const Range* find(u64 frame) const;

    std::array<Range, VTL1_RAM_RANGES_MAX> ranges_{};
    usize range_count_ = 0;
    u64 frame_count_ = 0;
    std::span<std::atomic<u64>> confirmed_;
};

}  // namespace vtl1
