// SPDX-License-Identifier: MIT
#include "vtl1/seal/regions.h"

#include <algorithm>

#include "vtl1/log/log.h"
#include "vtl1/mm/memory.h"

namespace vtl1 {

namespace {

using policies::FrameState;

constexpr u32 pages_in_one = 12;  // of one entry: 320,000 instructions each where sites are dense

constexpr bool has_digests(const manifest_region& region) {
    return region.kind <= MANIFEST_REGION_RODATA_USER;
}

constexpr FrameState frozen_state(const manifest_region& region) {
    return region.kind == MANIFEST_REGION_TEXT ? FrameState::FrozenText : FrameState::FrozenData;
}

constexpr FrameState sealed_state(const manifest_region& region) {
    switch (region.kind) {
        case MANIFEST_REGION_TEXT:
            return FrameState::KernelText;
        case MANIFEST_REGION_RODATA_USER:
        case MANIFEST_REGION_AFTER_INIT_USER:
            return FrameState::SealedUser;
        default:
            return FrameState::Sealed;
    }
}

}  // namespace

Result<base::GpaRange> KernelRegions::frames_of(const manifest_region& region) const {
    return base::GpaRange::of_pages(kernel_.location.gpa_of(region.offset), region.page_count);
}

Result<bool> KernelRegions::freeze() {
    if (frozen_ == all().size()) {
        return true;
    }
    const manifest_region& region = all()[frozen_];
    const base::GpaRange frames = TRY(frames_of(region));
    const Result<void> done = frame_ledger.lock()->change(frames, FrameState::Open,
                                                          frozen_state(region), Proof::BeforeClose);
    if (!done.has_value()) {
        log("seal: pages at _text+", base::Hex{region.offset}, " cannot be frozen");
        return fail(done.error());
    }
    ++frozen_;
    return frozen_ == all().size();
}

Result<bool> KernelRegions::verify() {
    if (verified_ == frozen_) {
        return verified_ == all().size() ? Result<bool>{true} : fail(Error::Refused);
    }
    const manifest_region& region = all()[verified_];
    const u32 end = std::min(region.page_count, next_page_ + pages_in_one);
    while (has_digests(region) && next_page_ < end) {
        TRY(check_.check_page(region, next_page_));
        ++next_page_;
    }
    if (has_digests(region) && next_page_ < region.page_count) {
        return false;
    }
    const base::GpaRange frames = TRY(frames_of(region));
    TRY(frame_ledger.lock()->change(frames, frozen_state(region), sealed_state(region),
                                    Proof::Compared));
    next_page_ = 0;
    ++verified_;
    return verified_ == all().size();
}

}  // namespace vtl1
