// SPDX-License-Identifier: MIT
#include "vtl1/mm/frame_list.h"

#include <algorithm>

namespace vtl1 {

Result<void> FrameList::fill(std::span<const vtl1_frame_range> ranges) {
    run_count_ = 0;
    frame_count_ = 0;
    if (ranges.empty() || ranges.size() > run_count_max) {
        return fail(Error::BadArgument);
    }
    for (const vtl1_frame_range& range : ranges) {
        // One copy: before the frames are closed, VTL0 can still write them.
        const vtl1_frame_range copy = range;
        const Result<void> appended = append(copy);
        if (!appended.has_value()) {
            run_count_ = 0;
            frame_count_ = 0;
            return appended;
        }
    }
    return {};
}

Result<void> FrameList::append(const vtl1_frame_range& range) {
    const base::GpaRange checked =
        TRY(range.first_frame < base::GpaRange::limit / page_size
                ? base::GpaRange::of_pages(Gpa::of_page(range.first_frame), range.frame_count)
                : fail(Error::BadAddress));
    if (run_count_ > 0) {
        const Run& last = runs_[run_count_ - 1];
        if (range.first_frame <= last.first_frame + last.frame_count) {
            return fail(Error::BadArgument);
        }
    }
    if (checked.page_count() > frame_count_max - frame_count_) {
        return fail(Error::BadArgument);
    }
    runs_[run_count_] = {.first_frame = range.first_frame,
                         .frame_count = static_cast<u32>(checked.page_count()),
                         .first_index = static_cast<u32>(frame_count_)};
    ++run_count_;
    frame_count_ += checked.page_count();
    return {};
}

const FrameList::Run* FrameList::find(u64 frame) const {
    const std::span<const Run> all = runs();
    const auto after = std::ranges::upper_bound(all, frame, {}, &Run::first_frame);
    if (after == all.begin()) {
        return nullptr;
    }
    const Run& run = *std::prev(after);
    return frame - run.first_frame < run.frame_count ? &run : nullptr;
}

Result<FrameIndex> FrameList::index_of(Gpa gpa) const {
    const Run* run = find(gpa.page_number());
    if (run == nullptr) {
        return fail(Error::BadAddress);
    }
    const u64 offset = gpa.page_number() - run->first_frame;
    return FrameIndex{run->first_index + static_cast<u32>(offset)};
}

Result<Gpa> FrameList::gpa_of(FrameIndex index) const {
    const u32 wanted = static_cast<u32>(index);
    if (wanted >= frame_count_) {
        return fail(Error::BadAddress);
    }
    const std::span<const Run> all = runs();
    const Run& run = *std::prev(std::ranges::upper_bound(all, wanted, {}, &Run::first_index));
    return Gpa::of_page(run.first_frame + (wanted - run.first_index));
}

}  // namespace vtl1
