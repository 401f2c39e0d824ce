// SPDX-License-Identifier: MIT
#include "selftests/vtl1/frames.h"

#include "selftests/vtl1/calls.h"
#include "vtl1/mm/memory.h"

namespace selftest {

namespace {

using base::Result;
using base::u64;
using vtl1::FrameState;
using vtl1::Proof;

static_assert(static_cast<u64>(FrameState::Vtl1) == SELFTEST_FRAME_VTL1);
static_assert(static_cast<u64>(FrameState::Open) == SELFTEST_FRAME_OPEN);
static_assert(static_cast<u64>(FrameState::Ordinary) == SELFTEST_FRAME_ORDINARY);
static_assert(static_cast<u64>(FrameState::FrozenText) == SELFTEST_FRAME_FROZEN_TEXT);
static_assert(static_cast<u64>(FrameState::KernelText) == SELFTEST_FRAME_KERNEL_TEXT);
static_assert(static_cast<u64>(FrameState::FrozenData) == SELFTEST_FRAME_FROZEN_DATA);
static_assert(static_cast<u64>(FrameState::Sealed) == SELFTEST_FRAME_SEALED);
static_assert(static_cast<u64>(FrameState::SealedUser) == SELFTEST_FRAME_SEALED_USER);
static_assert(static_cast<u64>(FrameState::Admitting) == SELFTEST_FRAME_ADMITTING);
static_assert(static_cast<u64>(FrameState::ModuleText) == SELFTEST_FRAME_MODULE_TEXT);
static_assert(static_cast<u64>(FrameState::Unproved) == SELFTEST_FRAME_UNPROVED);
static_assert(static_cast<u64>(Proof::BeforeClose) == SELFTEST_PROOF_BEFORE_CLOSE);
static_assert(static_cast<u64>(Proof::Compared) == SELFTEST_PROOF_COMPARED);
static_assert(static_cast<u64>(Proof::Explained) == SELFTEST_PROOF_EXPLAINED);

enum class PageCount : u64 {};

struct Change {
    FrameState from;
    FrameState to;
    Proof proof;
};

Result<base::Gpa> parse_page(u64 raw) {
    return base::Gpa{raw};
}

Result<PageCount> parse_count(u64 raw) {
    return PageCount{raw};
}

Result<FrameState> parse_state(u64 raw) {
    return raw < policies::frame_state_count ? Result<FrameState>{static_cast<FrameState>(raw)}
                                             : base::fail(base::Error::BadArgument);
}

Result<Change> parse_change(u64 raw) {
    constexpr u64 byte = 0xff;
    if (raw >> 16 > static_cast<u64>(Proof::Published)) {
        return base::fail(base::Error::BadArgument);
    }
    return Change{.from = TRY(parse_state(raw & byte)),
                  .to = TRY(parse_state(raw >> 8 & byte)),
                  .proof = static_cast<Proof>(raw >> 16)};
}

}  // namespace

vtl1::CallResult change_frames(base::Untrusted<u64> first,
                               base::Untrusted<u64> count,
                               base::Untrusted<u64> what) {
    const base::Gpa page = TRY(first.parse(parse_page));
    const auto pages = static_cast<u64>(TRY(count.parse(parse_count)));
    const Change change = TRY(what.parse(parse_change));
    const base::GpaRange range = TRY(base::GpaRange::of_pages(page, pages));
    TRY(vtl1::frame_ledger.lock()->change(range, change.from, change.to, change.proof));
    return 0;
}

vtl1::CallResult frame_state(base::Untrusted<u64> page) {
    return static_cast<u64>(vtl1::frame_states.state_of(TRY(page.parse(parse_page))));
}

vtl1::CallResult frame_total(base::Untrusted<u64> state) {
    return vtl1::frame_ledger.lock()->totals().of(TRY(state.parse(parse_state)));
}

vtl1::CallResult close_kernel_execution() {
    return vtl1::frame_ledger.lock()->close_kernel_execution();
}

}  // namespace selftest
