// SPDX-License-Identifier: MIT
#include "vtl1/mm/ram_map.h"

#include <algorithm>

#include "base/panic.h"

namespace vtl1 {

Result<void> RamMap::fill(std::span<const vtl1_frame_range> ranges) {
    range_count_ = 0;
    frame_count_ = 0;
    confirmed_ = {};
    if (ranges.empty() || ranges.size() > ranges_.size()) {
        return fail(Error::BadArgument);
    }
    for (const vtl1_frame_range& range : ranges) {
        const Result<void> appended = append(range);
        if (!appended.has_value()) {
            range_count_ = 0;
            frame_count_ = 0;
            return appended;
        }
    }
    return {};
}

Result<void> RamMap::append(const vtl1_frame_range& range) {
    if (range.first_frame >= base::GpaRange::limit / page_size) {
        return fail(Error::BadAddress);
    }
    TRY(base::GpaRange::of_pages(Gpa::of_page(range.first_frame), range.frame_count));
    if (range_count_ > 0) {
        const Range& last = ranges_[range_count_ - 1];
        if (range.first_frame <= last.first_frame + last.frame_count) {
            return fail(Error::BadArgument);
        }
    }
    ranges_[range_count_] = {.first_frame = range.first_frame,
                             .frame_count = range.frame_count,
                             .first_index = frame_count_};
    ++range_count_;
    frame_count_ += range.frame_count;
    return {};
}

void RamMap::use_confirmations(std::span<std::atomic<u64>> words) {
    if (words.size() < word_count()) {
        base::panic("RAM map: too few words");
    }
    confirmed_ = words;
}

const RamMap::Range* RamMap::find(u64 frame) const {
    const std::span<const Range> all = std::span{ranges_}.first(range_count_);
    const auto after = std::ranges::upper_bound(all, frame, {}, &Range::first_frame);
    if (after == all.begin()) {
        return nullptr;
    }
    const Range& range = *std::prev(after);
    return frame - range.first_frame < range.frame_count ? &range : nullptr;
}

bool RamMap::contains(u64 first_frame, u64 frame_count) const {
    const Range* range = find(first_frame);
    return range != nullptr &&
           frame_count <= range->frame_count - (first_frame - range->first_frame);
}

u64 RamMap::index_of(Gpa gpa) const {
    const Range* range = find(gpa.page_number());
    if (range == nullptr) {
        base::panic("RAM map: not RAM");
    }
    return range->first_index + (gpa.page_number() - range->first_frame);
}

base::GpaRange RamMap::run_from(u64 index) const {
    const std::span<const Range> all = std::span{ranges_}.first(range_count_);
    const Range& range = *std::prev(std::ranges::upper_bound(all, index, {}, &Range::first_index));
    const u64 offset = index - range.first_index;
    return base::must(base::GpaRange::of_pages(Gpa::of_page(range.first_frame + offset),
                                               range.frame_count - offset));
}

// Relaxed: a confirmation carries no data; at worst a frame is confirmed twice.
bool RamMap::is_confirmed(Gpa gpa) const {
    const u64 bit = index_of(gpa);
    return (confirmed_[bit / 64].load(std::memory_order_relaxed) >> bit % 64 & 1) != 0;
}

void RamMap::confirm(Gpa gpa) {
    const u64 bit = index_of(gpa);
    confirmed_[bit / 64].fetch_or(u64{1} << bit % 64, std::memory_order_relaxed);
}

}  // namespace vtl1
