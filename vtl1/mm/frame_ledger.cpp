// SPDX-License-Identifier: MIT
#include "vtl1/mm/frame_ledger.h"

#include <algorithm>

#include "base/panic.h"
#include "vtl1/arch/port.h"
#include "vtl1/mm/memory.h"

namespace vtl1 {

namespace {

using hv::PageAccess;
using policies::access_of;

base::GpaRange part_of(const base::GpaRange& frames, u64 first, u64 count) {
    return base::must(
        base::GpaRange::of_pages(Gpa::of_page(frames.first().page_number() + first), count));
}

/// How many, from the first on, have the access now.
u64 change_access(const base::GpaRange& frames, PageAccess access) {
    return hv::change_vtl_protection(hypercall_port(), access, frames);
}

/// Goes on behind a page that the hypervisor refuses, and hands its offset to `on_refusal`. After
/// undo_refusals_max of them it takes all the rest for refused.
template <class OnRefusal>
void change_where_possible(const base::GpaRange& frames, PageAccess access, OnRefusal on_refusal) {
    u64 refusals = 0;
    u64 next = 0;
    while (next < frames.page_count()) {
        const u64 left = frames.page_count() - next;
        if (refusals < FrameLedger::undo_refusals_max) {
            next += change_access(part_of(frames, next, left), access);
        }
        if (next < frames.page_count()) {
            on_refusal(next);
            ++refusals;
            ++next;
        }
    }
}

}  // namespace

void FrameLedger::open() {
    totals_ = FrameTotals{};
    totals_.add(FrameState::Open, frame_states.frame_count());
    is_closing_ = false;
    next_to_close_ = 0;
    close_refusals_ = 0;
    for (const FrameList::Run& run : own_frames.runs()) {
        record(ram_map.index_of(Gpa::of_page(run.first_frame)), run.frame_count, FrameState::Vtl1);
    }
    check_totals();
}

FrameLedger::Changing::Changing() {
    FrameStates::count_change();
}

FrameLedger::Changing::~Changing() {
    FrameStates::count_change();
}

Result<void> FrameLedger::change(const base::GpaRange& frames,
                                 FrameState from,
                                 FrameState to,
                                 Proof proof) {
    TRY(check_change(frames, from, to));
    if (policies::proof_for(from, to) != proof) {
        return fail(Error::Refused);
    }
    if (proof == Proof::BeforeClose && is_closing_) {
        return fail(Error::TooLate);
    }
    const Changing changing;
    const Result<void> applied = apply(frames, from, to);
    check_totals();
    return applied;
}

// What is VTL1's is no address of VTL0's, whatever else is wrong.
Result<void> FrameLedger::check_change(const base::GpaRange& frames,
                                       FrameState from,
                                       FrameState to) const {
    if (frames.page_count() > change_pages_max) {
        return fail(Error::BadArgument);
    }
    if (!ram_map.contains(frames.first().page_number(), frames.page_count())) {
        return fail(Error::BadAddress);
    }
    const u64 first = ram_map.index_of(frames.first());
    bool all_are_from = true;
    for (u64 i = 0; i < frames.page_count(); ++i) {
        const FrameState state = frame_states.at(first + i);
        if (policies::is_vtl1s(state) && !policies::is_vtl1s(from)) {
            return fail(Error::BadAddress);
        }
        all_are_from = all_are_from && state == from;
    }
    return all_are_from && policies::proof_for(from, to).has_value() ? Result<void>{}
                                                                     : fail(Error::Refused);
}

// Two passes over all frames, not two over each: what goes is gone everywhere before anything
// comes.
Result<void> FrameLedger::apply(const base::GpaRange& frames, FrameState from, FrameState to) {
    const PageAccess before = access_of(from);
    const PageAccess after = access_of(to);
    const PageAccess both = hv::common(before, after);
    if (both != before && change_access(frames, both) < frames.page_count()) {
        restore(frames, from);
        return fail(Error::HypervisorFailed);
    }
    if (both != after) {
        const u64 granted = change_access(frames, after);
        if (granted < frames.page_count()) {
            if (granted > 0) {
                take_back(part_of(frames, 0, granted), from, to);
            }
            restore(frames, from);
            return fail(Error::HypervisorFailed);
        }
    }
    record(ram_map.index_of(frames.first()), frames.page_count(), to);
    return {};
}

// A frame that keeps what it was granted says so.
void FrameLedger::take_back(const base::GpaRange& granted, FrameState from, FrameState to) {
    const u64 first = ram_map.index_of(granted.first());
    change_where_possible(granted, hv::common(access_of(from), access_of(to)),
                          [&](u64 offset) { record(first + offset, 1, to); });
}

// The frames that are in this state get all its rights again, if the hypervisor lets them.
void FrameLedger::restore(const base::GpaRange& frames, FrameState state) {
    const u64 first = ram_map.index_of(frames.first());
    u64 next = 0;
    while (next < frames.page_count()) {
        const u64 length = frame_states.run_length(first + next, frames.page_count() - next);
        if (frame_states.at(first + next) == state) {
            change_where_possible(part_of(frames, next, length), access_of(state), [](u64) {});
        }
        next += length;
    }
}

Result<u64> FrameLedger::close_kernel_execution() {
    const Changing changing;
    const u64 frame_count = frame_states.frame_count();
    is_closing_ = true;
    if (totals_.of(FrameState::Open) == 0) {
        next_to_close_ = frame_count;
    } else if (next_to_close_ == frame_count) {
        next_to_close_ = 0;
        close_refusals_ = 0;
    }
    const u64 end = std::min(frame_count, next_to_close_ + close_frames_max);
    usize hypercalls = 0;
    while (next_to_close_ < end && hypercalls < close_hypercalls_max) {
        const u64 limit = std::min({end - next_to_close_, u64{TLFS_MODIFY_PROTECTION_PAGES_MAX},
                                    ram_map.run_from(next_to_close_).page_count()});
        const u64 length = frame_states.run_length(next_to_close_, limit);
        if (frame_states.at(next_to_close_) != FrameState::Open) {
            next_to_close_ += length;
            continue;
        }
        ++hypercalls;
        if (!close_run(next_to_close_, length)) {
            next_to_close_ = frame_count;
            return fail(Error::HypervisorFailed);
        }
    }
    check_totals();
    return frame_count - next_to_close_;
}

// Goes on behind the first frame that the hypervisor refuses. False if there are too many of them.
bool FrameLedger::close_run(u64 index, u64 length) {
    const base::GpaRange run = part_of(ram_map.run_from(index), 0, length);
    const u64 done = change_access(run, access_of(FrameState::Ordinary));
    record(index, done, FrameState::Ordinary);
    if (done < length) {
        ++close_refusals_;
    }
    next_to_close_ = index + std::min(done + 1, length);
    return close_refusals_ <= close_refusals_max;
}

// A state other than Open was reached by a hypercall that succeeded. All access is what an Open
// page has already; once kernel execution is being closed, it is closed here too.
Result<void> FrameLedger::confirm(Gpa page) {
    const u64 index = ram_map.index_of(page);
    const FrameState state = frame_states.at(index);
    if (policies::is_vtl1s(state)) {
        return fail(Error::BadAddress);
    }
    if (state != FrameState::Open || (ram_map.is_confirmed(page) && !is_closing_)) {
        return {};
    }
    const Changing changing;
    const FrameState next = is_closing_ ? FrameState::Ordinary : FrameState::Open;
    if (change_access(part_of(ram_map.run_from(index), 0, 1), access_of(next)) == 0) {
        return fail(Error::BadAddress);
    }
    record(index, 1, next);
    ram_map.confirm(page);
    return {};
}

void FrameLedger::record(u64 index, u64 count, FrameState state) {
    for (u64 i = index; i < index + count; ++i) {
        totals_.remove(frame_states.at(i), 1);
        frame_states.set(i, state);
    }
    totals_.add(state, count);
}

void FrameLedger::check_totals() const {
    if (totals_.sum() != frame_states.frame_count() ||
        totals_.of(FrameState::Vtl1) + totals_.of(FrameState::LogRing) !=
            own_frames.frame_count()) {
        base::panic("frame ledger: the totals are wrong");
    }
}

}  // namespace vtl1
