// SPDX-License-Identifier: MIT
#include "vtl1/services/admit.h"

#include <atomic>
#include <span>

#include "vtl1/log/log.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/scratch.h"
#include "vtl1/seal/seal.h"

namespace vtl1::services {

namespace {

using policies::FrameState;

constinit std::atomic<u64> failed_undos{0};

/// Frames that were named, none looked at yet.
using Frames = std::span<const __u64>;

Result<Frames> parse(const vtl_frames* wire) {
    if (wire->reserved != 0 || wire->count == 0 || wire->count > VTL_FRAMES_MAX) {
        return fail(Error::BadArgument);
    }
    return std::span{wire->frames}.first(wire->count);
}

Result<base::GpaRange> range_of(u64 frame) {
    return frame < base::GpaRange::limit >> base::page_shift
               ? base::GpaRange::of_pages(Gpa::of_page(frame), 1)
               : fail(Error::BadAddress);
}

Result<void> admit_frame(u64 frame) {
    const base::GpaRange range = TRY(range_of(frame));
    auto ledger = frame_ledger.lock();
    TRY(ledger->change(range, FrameState::Ordinary, FrameState::Admitting, Proof::NotNeeded));
    const Result<void> done =
        ledger->change(range, FrameState::Admitting, FrameState::Unproved, Proof::Permitted);
    if (!done.has_value()) {
        static_cast<void>(
            ledger->change(range, FrameState::Admitting, FrameState::Ordinary, Proof::NotNeeded));
    }
    return done;
}

Result<void> release_frame(u64 frame) {
    return frame_ledger.lock()->change(TRY(range_of(frame)), FrameState::Unproved,
                                       FrameState::Ordinary, Proof::NotNeeded);
}

// A frame that was changed and does not change back is one that the hypervisor refuses, which has
// less access than it could have, or that VTL0 has named on another CPU meanwhile.
void undo(Frames done, Result<void> (*step)(u64)) {
    u64 left = 0;
    for (const u64 frame : done) {
        left += step(frame).has_value() ? 0 : 1;
    }
    if (left == 0) {
        return;
    }
    const u64 count = failed_undos.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_worth_logging(count)) {
        log("modules: ", left, " frames of a call that failed stay as they are, number ", count);
    }
}

CallResult for_each(Vtl0In<vtl_frames> page, Result<void> (*step)(u64), Result<void> (*back)(u64)) {
    if (current_phase() != Phase::Sealed || !are_unproved_modules_allowed()) {
        return fail(Error::Refused);
    }
    auto& copy = scratch<vtl_frames>();
    const base::Untrusted<const vtl_frames*> wire = TRY(std::move(page).fetch(copy));
    const Frames frames = TRY(wire.parse(parse));
    for (usize i = 0; i < frames.size(); ++i) {
        const Result<void> done = step(frames[i]);
        if (!done.has_value()) {
            undo(frames.first(i), back);
            return fail(done.error());
        }
    }
    return 0;
}

}  // namespace

CallResult admit(Vtl0In<vtl_frames> page) {
    return for_each(std::move(page), admit_frame, release_frame);
}

CallResult release(Vtl0In<vtl_frames> page) {
    return for_each(std::move(page), release_frame, admit_frame);
}

}  // namespace vtl1::services
