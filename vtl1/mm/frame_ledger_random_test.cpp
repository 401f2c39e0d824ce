// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/frame_ledger.cpp vtl1/mm/frame_states.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/ram_map.cpp
// test-with: selftests/host/panic.cpp selftests/host/lock_ranks.cpp selftests/host/waiting.cpp
// test-with: selftests/host/protection_hypervisor.cpp
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "selftests/host/protection_hypervisor.h"
#include "vtl1/mm/frame_ledger.h"
#include "vtl1/mm/memory.h"

// The ledger against a model that is slow and obvious, over random operations, with a hypervisor
// that refuses and fails at random.
namespace vtl1 {
namespace {

using enum FrameState;
using fake::hypervisor;

/// What VTL0 may do at most, by hand.
u32 allowed(FrameState state) {
    switch (state) {
        case Vtl1:
            return 0;
        case LogRing:
        case Sealed:
        case Admitting:
            return 1;
        case FrozenData:
        case SealedUser:
            return 1 | 8;
        case Ordinary:
            return 1 | 2 | 8;
        case FrozenText:
        case KernelText:
        case ModuleText:
        case Unproved:
            return 1 | 4 | 8;
        case Open:
        case Foreign:
            return 1 | 2 | 4 | 8;
    }
    return 0;
}

/// The legal changes, by hand. Nothing: not legal.
std::optional<Proof> wanted(FrameState from, FrameState to) {
    if (from == Open && (to == FrozenText || to == FrozenData || to == Unproved)) {
        return Proof::BeforeClose;
    }
    if ((from == FrozenText && to == KernelText) ||
        (from == FrozenData && (to == Sealed || to == SealedUser))) {
        return Proof::Compared;
    }
    if (from == Admitting && to == ModuleText) {
        return Proof::Explained;
    }
    if (from == Admitting && to == Unproved) {
        return Proof::Permitted;
    }
    if (from == Vtl1 && to == LogRing) {
        return Proof::Published;
    }
    const bool is_given_back =
        from == Open || from == Admitting || from == ModuleText || from == Unproved;
    if ((is_given_back && to == Ordinary) || (from == Ordinary && to == Admitting)) {
        return Proof::NotNeeded;
    }
    return {};
}

struct Request {
    u64 first;
    u64 count;
    FrameState from;
    FrameState to;
    Proof proof;
};

/// One entry for each frame of RAM; loops over single frames only.
struct Model {
    std::map<u64, FrameState> states;
    bool is_closing = false;

    bool is_own(u64 page) const {
        const auto found = states.find(page);
        return found != states.end() && (found->second == Vtl1 || found->second == LogRing);
    }

    /// What the ledger must answer if the hypervisor does what it is told.
    Result<void> judge(const Request& request) const {
        bool all_are_ram = true;
        bool one_is_own = false;
        bool all_are_from = true;
        for (u64 page = request.first; page < request.first + request.count; ++page) {
            all_are_ram = all_are_ram && states.contains(page);
            one_is_own = one_is_own || is_own(page);
            all_are_from = all_are_from && states.contains(page) && states.at(page) == request.from;
        }
        const bool may_be_own = request.from == Vtl1 || request.from == LogRing;
        if (!all_are_ram || (one_is_own && !may_be_own)) {
            return fail(Error::BadAddress);
        }
        if (!all_are_from || wanted(request.from, request.to) != request.proof) {
            return fail(Error::Refused);
        }
        if (request.proof == Proof::BeforeClose && is_closing) {
            return fail(Error::TooLate);
        }
        return {};
    }

    u64 count(FrameState state) const {
        u64 count = 0;
        for (const auto& [page, each] : states) {
            count += each == state ? 1 : 0;
        }
        return count;
    }
};

struct World {
    explicit World(u64 seed) : random(seed) {
        fake::reset_hypervisor();
        base::must(ram_map.fill(std::vector<vtl1_frame_range>{{0x100, 40}, {0x200, 24}}));
        base::must(own_frames.fill(std::vector<vtl1_frame_range>{{0x104, 2}, {0x210, 1}}));
        hypervisor.add_ram(0x100, 40);
        hypervisor.add_ram(0x200, 23);  // the driver lies about the last one
        for (const u64 own : {0x104UL, 0x105UL, 0x210UL}) {
            hypervisor.access[own] = 0;
        }
        ram_map.use_confirmations(confirmations);
        frame_states.open(ram_map, bytes);
        frame_ledger.lock()->open();
        for (u64 page = 0x100; page < 0x128; ++page) {
            model.states[page] = page == 0x104 || page == 0x105 ? Vtl1 : Open;
        }
        for (u64 page = 0x200; page < 0x218; ++page) {
            model.states[page] = page == 0x210 ? Vtl1 : Open;
        }
    }

    u64 below(u64 limit) { return random() % limit; }

    u64 any_page() {
        return below(20) == 0  ? below(0x300)
               : below(2) == 0 ? 0x100 + below(40)
                               : 0x200 + below(24);
    }

    FrameState any_state() { return static_cast<FrameState>(below(policies::frame_state_count)); }

    /// Mostly one that makes sense where it is asked for.
    Request any_request() {
        Request request{.first = any_page(),
                        .count = 1 + below(below(4) == 0 ? 40 : 4),
                        .from = any_state(),
                        .to = any_state(),
                        .proof = static_cast<Proof>(below(6))};
        if (below(10) != 0) {
            request.from = frame_states.state_of(Gpa::of_page(request.first));
            for (int tries = 0; tries < 30 && !wanted(request.from, request.to); ++tries) {
                request.to = any_state();
            }
        }
        if (below(10) != 0) {
            request.proof = wanted(request.from, request.to).value_or(request.proof);
        }
        return request;
    }

    std::mt19937_64 random;
    std::vector<std::atomic<u64>> confirmations = std::vector<std::atomic<u64>>(1);
    std::vector<std::atomic<u8>> bytes = std::vector<std::atomic<u8>>(64);
    Model model;
    std::set<u64> refused_in_pass;
    std::set<u64> lost_rights;   // may have less than their states allow
    bool is_publishing = false;  // the operation names VTL1's own frames on purpose
    u64 done = 0;                // operations that changed something
};

/// After an operation that the hypervisor let down: each frame is in the old state, or in the new
/// one if it could not be taken out of it. The model goes on from there.
void adopt(World& world, const Request& request) {
    const u32 both = allowed(request.from) & allowed(request.to);
    for (u64 page = request.first; page < request.first + request.count; ++page) {
        const FrameState now = frame_states.state_of(Gpa::of_page(page));
        if (now == request.to) {
            EXPECT_EQ(hypervisor.access.at(page), allowed(request.to));
            EXPECT_NE(hypervisor.access.at(page), both);
            EXPECT_TRUE(hypervisor.refused.contains(page));
        } else {
            EXPECT_EQ(now, request.from);
        }
        world.model.states[page] = now;
        if (hypervisor.access.contains(page) && hypervisor.access[page] != allowed(now)) {
            EXPECT_TRUE(hypervisor.refused.contains(page) || world.lost_rights.contains(page));
            world.lost_rights.insert(page);
        }
    }
}

void change(World& world) {
    const Request request = world.any_request();
    const auto range =
        base::must(base::GpaRange::of_pages(Gpa::of_page(request.first), request.count));
    const Result<void> expected = world.model.judge(request);
    const u64 calls = hypervisor.calls;
    world.is_publishing = expected.has_value() && request.from == Vtl1;
    const Result<void> got =
        frame_ledger.lock()->change(range, request.from, request.to, request.proof);
    if (got == fail(Error::HypervisorFailed)) {
        EXPECT_TRUE(expected.has_value());
        adopt(world, request);
        return;
    }
    ASSERT_EQ(got, expected);
    if (!got.has_value()) {
        EXPECT_EQ(hypervisor.calls, calls) << "refused before anything was done";
        return;
    }
    ++world.done;
    for (u64 page = request.first; page < request.first + request.count; ++page) {
        world.model.states[page] = request.to;
        if (allowed(request.from) != allowed(request.to)) {
            world.lost_rights.erase(page);
        }
    }
}

void close_step(World& world) {
    const u64 calls = hypervisor.calls;
    const Result<u64> left = frame_ledger.lock()->close_kernel_execution();
    const bool is_over = left.has_value() && *left == 0;
    world.model.is_closing = true;
    EXPECT_LE(hypervisor.calls - calls, 16 * 40);
    world.refused_in_pass.insert(hypervisor.refused.begin(), hypervisor.refused.end());
    for (auto& [page, state] : world.model.states) {
        const FrameState now = frame_states.state_of(Gpa::of_page(page));
        EXPECT_TRUE(now == state || (state == Open && now == Ordinary)) << page;
        if (now != state) {
            world.lost_rights.erase(page);
            ++world.done;
        }
        state = now;
        if (is_over && state == Open) {
            EXPECT_TRUE(world.refused_in_pass.contains(page)) << page;
        }
    }
    if (is_over) {
        world.refused_in_pass.clear();
    }
}

void confirm(World& world) {
    const u64 page = world.any_page();
    if (!world.model.states.contains(page)) {
        return;
    }
    const bool can_change = hypervisor.access.contains(page) &&
                            !hypervisor.overlaid.contains(page) &&
                            hypervisor.calls_until_failure == 0;
    const bool was_open = world.model.states[page] == Open;
    const Result<void> got = frame_ledger.lock()->confirm(Gpa::of_page(page));
    if (world.model.is_own(page)) {
        EXPECT_EQ(got, fail(Error::BadAddress));
    } else if (!was_open || can_change) {
        EXPECT_TRUE(got.has_value());
    }
    if (was_open && world.model.is_closing && got.has_value()) {
        world.model.states[page] = Ordinary;
        world.lost_rights.erase(page);
    }
}

void upset_the_hypervisor(World& world) {
    hypervisor.pages_per_call = world.below(3) == 0 ? 1 + world.below(5) : 4095;
    if (world.below(2) == 0) {
        hypervisor.calls_until_failure = 1 + world.below(6);
        hypervisor.failures_in_a_row = 1 + world.below(3);
        hypervisor.pages_before_failure = world.below(4);
    }
    hypervisor.overlaid.clear();
    for (u64 i = world.below(4); i > 0; --i) {
        hypervisor.overlaid.insert(world.any_page());
    }
}

/// Each hypercall, in order: nothing is written and executed on the way, no frame is named that
/// must not be, and no call takes one right and gives another. Open frames may be both anyway.
void check_changes(const World& world, const std::map<u64, FrameState>& before) {
    for (const fake::Change& change : hypervisor.changes) {
        const bool was_open = before.at(change.page) == Open;
        if (!was_open) {
            EXPECT_NE(change.after & 6, 6) << change.page;
            EXPECT_TRUE((change.after & ~change.before) == 0 ||
                        (change.before & ~change.after) == 0)
                << change.page;
        }
        if (before.at(change.page) == Vtl1) {
            EXPECT_TRUE(world.is_publishing) << change.page;
            EXPECT_LE(change.after, 1) << change.page;
        }
    }
}

void check_all(const World& world) {
    std::map<FrameState, u64> counts;
    for (const auto& [page, state] : world.model.states) {
        ++counts[state];
        ASSERT_EQ(frame_states.state_of(Gpa::of_page(page)), state) << page;
        if (const auto found = hypervisor.access.find(page); found != hypervisor.access.end()) {
            ASSERT_EQ(found->second & ~allowed(state), 0) << page;
            if (!world.lost_rights.contains(page)) {
                ASSERT_EQ(found->second, allowed(state)) << page;
            }
        }
    }
    auto ledger = frame_ledger.lock();
    for (usize i = 0; i < policies::frame_state_count; ++i) {
        const auto state = static_cast<FrameState>(i);
        ASSERT_EQ(ledger->totals().of(state), counts[state]) << policies::name_of(state);
    }
    EXPECT_FALSE(hypervisor.is_odd);
}

void one_operation(World& world) {
    const std::map<u64, FrameState> before = world.model.states;
    hypervisor.changes.clear();
    hypervisor.refused.clear();
    world.is_publishing = false;
    const u64 what = world.below(100);
    if (what < 80) {
        change(world);
    } else if (what < 90) {
        confirm(world);
    } else if (what < 98) {
        upset_the_hypervisor(world);
    } else if (world.below(4) == 0) {
        close_step(world);
    }
    check_changes(world, before);
    check_all(world);
}

TEST(LedgerAtRandom, is_as_the_model_says) {
    constexpr u64 worlds = 500;
    constexpr u64 operations = 240;
    u64 done = 0;
    std::map<FrameState, u64> seen;
    for (u64 seed = 0; seed < worlds; ++seed) {
        World world{seed};
        for (u64 i = 0; i < operations; ++i) {
            one_operation(world);
            if (testing::Test::HasFailure()) {
                FAIL() << "seed " << seed << ", operation " << i;
            }
        }
        done += world.done;
        for (const auto& [page, state] : world.model.states) {
            ++seen[state];
        }
    }
    EXPECT_GT(done, worlds * operations / 20) << "most operations did nothing";
    EXPECT_EQ(seen.size(), policies::frame_state_count - 1) << "a state was never reached";
}

}  // namespace
}  // namespace vtl1
