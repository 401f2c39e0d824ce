// SPDX-License-Identifier: MIT
#include "vtl1/seal/claims.h"

#include <atomic>
#include <optional>

#include "vtl1/mm/memory.h"

namespace vtl1 {

namespace {

constinit std::optional<SealFacts> found;
constinit std::atomic<const SealFacts*> published{nullptr};

constexpr Gpa start_code_end{0x10'0000};  // a CPU starts in real mode

}  // namespace

// Pairs with the release below: who sees the pointer sees what it leads to.
const SealFacts* seal_facts() {
    return published.load(std::memory_order_acquire);
}

void publish_seal_facts(const SealFacts& facts) {
    found = facts;
    published.store(&*found, std::memory_order_release);
}

FrameClaims frame_claims() {
    auto ledger = frame_ledger.lock();
    FrameClaims claims{.totals = ledger->totals()};
    for (u64 frame = 0; frame < start_code_end.page_number(); ++frame) {
        const bool is_unproved = frame_states.state_of(Gpa::of_page(frame)) == FrameState::Unproved;
        claims.unproved_start += is_unproved ? 1 : 0;
    }
    return claims;
}

}  // namespace vtl1
