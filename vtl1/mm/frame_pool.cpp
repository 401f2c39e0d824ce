// SPDX-License-Identifier: MIT
#include "vtl1/mm/frame_pool.h"

#include <algorithm>

#include "base/panic.h"

namespace vtl1 {

void FramePool::open(std::span<PageBytes> pages) {
    if (pages.size() != list_.frame_count() || pages.size() > uses_.size()) {
        base::panic("frame pool: wrong size");
    }
    pages_ = pages;
    std::ranges::fill(uses_, FrameUse::Free);
}

Result<void> FramePool::claim(Gpa gpa, FrameUse use) {
    const FrameIndex index = TRY(list_.index_of(gpa));
    FrameUse& now = uses_[static_cast<usize>(index)];
    if (now != FrameUse::Free) {
        return fail(Error::Refused);
    }
    now = use;
    return {};
}

Result<FrameIndex> FramePool::take(u64 count, FrameUse use) {
    const std::span<FrameUse> all = uses_.first(pages_.size());
    const auto found =
        std::ranges::search_n(all, static_cast<std::ptrdiff_t>(count), FrameUse::Free);
    if (count == 0 || found.empty()) {
        return fail(Error::NoMemory);
    }
    std::ranges::fill(found, use);
    const usize first = static_cast<usize>(found.begin() - all.begin());
    for (PageBytes& page : pages_.subspan(first, count)) {
        page.fill(std::byte{0});
    }
    return FrameIndex{static_cast<u32>(first)};
}

void FramePool::give_back_all(FrameUse use) {
    for (usize i = 0; i < pages_.size(); ++i) {
        if (uses_[i] == use) {
            pages_[i].fill(std::byte{0});
            uses_[i] = FrameUse::Free;
        }
    }
}

u64 FramePool::free_count() const {
    return static_cast<u64>(std::ranges::count(uses_.first(pages_.size()), FrameUse::Free));
}

}  // namespace vtl1
