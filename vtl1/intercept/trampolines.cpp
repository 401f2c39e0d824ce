// SPDX-License-Identifier: MIT
#include "vtl1/intercept/trampolines.h"

#include <algorithm>
#include <atomic>

#include "policies/ftrace_trampoline.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/log/log.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/page_window.h"
#include "vtl1/mm/vtl0_walk.h"

namespace vtl1 {

namespace {

using policies::TrampolineKind;

constinit std::atomic<u64> admitted{0};

bool is_copy_of(const PatchableText& place, TrampolineKind kind, Gva address, Gpa page) {
    const auto shape = policies::trampoline_template(place.text.image, kind);
    if (!shape.has_value()) {
        return false;
    }
    std::array<u8, policies::trampoline_bytes_max> buffer{};
    const auto original = std::span{buffer}.first(shape->size_bytes());
    place.read(shape->begin, original);
    PageWindow window{page, PageRights::ReadOnly};
    return policies::is_trampoline(place.text, *shape, original,
                                   {.address = address, .bytes = window.page()});
}

/// @pre VTL0 cannot write the page
bool is_explained(const PatchableText& place, Gva address, Gpa page) {
    return std::ranges::any_of(policies::trampoline_kinds, [&](TrampolineKind kind) {
        return is_copy_of(place, kind, address, page);
    });
}

Result<void> change(Gpa page, FrameState from, FrameState to, Proof proof) {
    return frame_ledger.lock()->change(TRY(base::GpaRange::of_pages(page, 1)), from, to, proof);
}

/// Ordinary memory becomes executable, or what it was.
Result<void> admit_page(const PatchableText& place, Gva address, Gpa page) {
    TRY(change(page, FrameState::Ordinary, FrameState::Admitting, Proof::NotNeeded));
    if (is_explained(place, address, page) &&
        change(page, FrameState::Admitting, FrameState::ModuleText, Proof::Explained).has_value()) {
        return {};
    }
    TRY(change(page, FrameState::Admitting, FrameState::Ordinary, Proof::NotNeeded));
    return fail(Error::Refused);
}

// VTL0 can have the same page admitted again and again.
void log_admission(Gva address) {
    const u64 count = admitted.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_worth_logging(count)) {
        log("patching: a tracer's trampoline at ", base::Hex{address.raw()},
            " is admitted, number ", count);
    }
}

}  // namespace

Result<void> admit_trampoline(TrampolineTable& trampolines,
                              const PatchableText& place,
                              const Vtl0Paging& paging,
                              Gva address) {
    if (address.page_offset() != 0 || trampolines.is_full()) {
        return fail(Error::Refused);
    }
    const Gpa page = TRY(translate_vtl0(paging, address));
    const FrameState state = frame_states.state_of(page);
    if (state == FrameState::Ordinary) {
        TRY(admit_page(place, address, page));
        log_admission(address);
    } else if (state != FrameState::ModuleText || !is_explained(place, address, page)) {
        return fail(Error::Refused);
    }
    trampolines.add(address, page);
    return {};
}

}  // namespace vtl1
