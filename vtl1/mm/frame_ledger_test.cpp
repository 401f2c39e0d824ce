// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/frame_ledger.cpp vtl1/mm/frame_states.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/ram_map.cpp
// test-with: selftests/host/panic.cpp selftests/host/lock_ranks.cpp selftests/host/waiting.cpp
// test-with: selftests/host/protection_hypervisor.cpp
#include "vtl1/mm/frame_ledger.h"

#include <gtest/gtest.h>
#include <vector>

#include "selftests/host/protection_hypervisor.h"
#include "vtl1/mm/memory.h"

namespace vtl1 {
namespace {

using enum FrameState;
using fake::hypervisor;

constexpr u64 ram_first = 0x100;
constexpr u64 ram_count = 20000;
constexpr u64 own_first = 0x120;
constexpr u64 own_count = 4;
constexpr u64 high_first = 0x100'000;  // a second range
constexpr u64 high_count = 16;
constexpr u64 lied_page = high_first + high_count - 1;  // RAM, says the driver

base::GpaRange pages(u64 first, u64 count) {
    return base::must(base::GpaRange::of_pages(Gpa::of_page(first), count));
}

class Ledger : public testing::Test {
protected:
    Ledger() {
        fake::reset_hypervisor();
        hypervisor.add_ram(ram_first, ram_count);
        hypervisor.add_ram(high_first, high_count - 1);
        base::must(ram_map.fill(
            std::vector<vtl1_frame_range>{{ram_first, ram_count}, {high_first, high_count}}));
        base::must(own_frames.fill(std::vector<vtl1_frame_range>{{own_first, own_count}}));
        for (u64 page = own_first; page < own_first + own_count; ++page) {
            hypervisor.access[page] = 0;
        }
        confirmations_ = std::vector<std::atomic<u64>>(ram_map.word_count());
        ram_map.use_confirmations(confirmations_);
        bytes_ = std::vector<std::atomic<u8>>(ram_map.frame_count());
        frame_states.open(ram_map, bytes_);
        frame_ledger.lock()->open();
    }

    ~Ledger() override { EXPECT_FALSE(hypervisor.is_odd); }

    static Result<void> change(
        u64 first, u64 count, FrameState from, FrameState to, Proof proof = Proof::NotNeeded) {
        return frame_ledger.lock()->change(pages(first, count), from, to, proof);
    }

    static FrameState state(u64 page) { return frame_states.state_of(Gpa::of_page(page)); }

    static u32 access(u64 page) { return hypervisor.access.at(page); }

    static u64 total(FrameState state) { return frame_ledger.lock()->totals().of(state); }

    /// Steps until a pass is over; how many.
    static u64 close_all() {
        u64 steps = 1;
        while (base::must(frame_ledger.lock()->close_kernel_execution()) != 0) {
            ++steps;
        }
        return steps;
    }

    std::vector<std::atomic<u64>> confirmations_;
    std::vector<std::atomic<u8>> bytes_;
};

TEST_F(Ledger, starts_with_vtl1s_frames_and_open_ones) {
    EXPECT_EQ(state(ram_first), Open);
    EXPECT_EQ(state(own_first), Vtl1);
    EXPECT_EQ(state(own_first + own_count), Open);
    EXPECT_EQ(state(ram_first - 1), Foreign);
    EXPECT_EQ(frame_states.state_of(Gpa{~u64{0}}), Foreign);
    EXPECT_EQ(total(Vtl1), own_count);
    EXPECT_EQ(total(Open), ram_count + high_count - own_count);
    EXPECT_EQ(hypervisor.calls, 0);
}

TEST_F(Ledger, freezes_the_text_of_a_kernel_in_one_go) {
    ASSERT_TRUE(change(0x200, 4096, Open, FrozenText, Proof::BeforeClose));

    EXPECT_EQ(hypervisor.calls, 9) << "510 pages a hypercall";
    EXPECT_EQ(access(0x200), 0xd);
    EXPECT_EQ(access(0x200 + 4095), 0xd);
    EXPECT_EQ(access(0x200 + 4096), 0xf);
    EXPECT_EQ(total(FrozenText), 4096);
    ASSERT_TRUE(change(0x200, 4096, FrozenText, KernelText, Proof::Compared));
    EXPECT_EQ(hypervisor.calls, 9) << "the rights are the same";
}

TEST_F(Ledger, takes_rights_everywhere_before_it_gives_any) {
    ASSERT_TRUE(change(0x200, 600, Open, Unproved, Proof::BeforeClose));
    hypervisor.changes.clear();
    ASSERT_TRUE(change(0x200, 600, Unproved, Ordinary));

    ASSERT_EQ(hypervisor.changes.size(), 1200);
    for (u64 i = 0; i < 600; ++i) {
        EXPECT_EQ(hypervisor.changes[i].after, 0x9) << i;
        EXPECT_EQ(hypervisor.changes[600 + i].after, 0xb) << i;
    }
}

TEST_F(Ledger, refuses_what_is_not_in_the_table) {
    ASSERT_TRUE(change(0x200, 8, Open, FrozenText, Proof::BeforeClose));
    hypervisor.changes.clear();

    EXPECT_EQ(change(0x200, 8, FrozenText, KernelText), fail(Error::Refused)) << "no proof";
    EXPECT_EQ(change(0x200, 8, FrozenText, KernelText, Proof::Explained), fail(Error::Refused));
    EXPECT_EQ(change(0x200, 8, FrozenText, Open), fail(Error::Refused));
    EXPECT_EQ(change(0x200, 9, FrozenText, KernelText, Proof::Compared), fail(Error::Refused))
        << "one is Open";
    EXPECT_EQ(change(0x208, 1, Open, Open), fail(Error::Refused));
    EXPECT_TRUE(hypervisor.changes.empty());
    EXPECT_EQ(total(FrozenText), 8);
}

TEST_F(Ledger, refuses_every_range_that_is_not_vtl0s_ram) {
    for (const auto& range :
         {pages(own_first, 1), pages(own_first - 1, 2), pages(own_first + own_count - 1, 2),
          pages(ram_first - 1, 2), pages(ram_first + ram_count - 1, 2), pages(high_first - 1, 1),
          pages(0, 1), pages(0xfee00, 1), pages((u64{1} << 40) - 1, 1)}) {
        EXPECT_EQ(frame_ledger.lock()->change(range, Open, Ordinary, Proof::NotNeeded),
                  fail(Error::BadAddress))
            << range.first().raw();
    }
    EXPECT_EQ(change(0x200, FrameLedger::change_pages_max + 1, Open, Ordinary),
              fail(Error::BadArgument));
    EXPECT_EQ(change(ram_first, 1, Foreign, Ordinary), fail(Error::Refused));
    EXPECT_EQ(hypervisor.calls, 0);
}

TEST_F(Ledger, lets_vtl0_read_the_log_and_nothing_else_of_vtl1s) {
    ASSERT_TRUE(change(own_first, 1, Vtl1, LogRing, Proof::Published));
    EXPECT_EQ(access(own_first), 1);
    EXPECT_EQ(change(own_first, 1, LogRing, Ordinary), fail(Error::Refused));
    EXPECT_EQ(change(own_first, 1, Ordinary, Admitting), fail(Error::BadAddress));
    EXPECT_EQ(frame_ledger.lock()->confirm(Gpa::of_page(own_first)), fail(Error::BadAddress));
}

TEST_F(Ledger, undoes_a_change_whose_second_half_fails) {
    ASSERT_TRUE(change(0x200, 1000, Open, Unproved, Proof::BeforeClose));
    hypervisor.calls_until_failure = 4;  // two take, the third grants, the fourth
    hypervisor.pages_before_failure = 7;

    EXPECT_EQ(change(0x200, 1000, Unproved, Ordinary), fail(Error::HypervisorFailed));
    for (u64 page = 0x200; page < 0x200 + 1000; ++page) {
        ASSERT_EQ(access(page), 0xd) << page;
        ASSERT_EQ(state(page), Unproved) << page;
    }
    EXPECT_TRUE(change(0x200, 1000, Unproved, Ordinary)) << "and can be tried again";
}

// The third page is refused the new rights, and then the first page, which has them, the way back.
TEST_F(Ledger, says_of_a_frame_that_keeps_what_it_was_granted) {
    ASSERT_TRUE(change(0x200, 4, Open, Unproved, Proof::BeforeClose));
    hypervisor.calls_until_failure = 2;
    hypervisor.pages_before_failure = 2;
    hypervisor.failures_in_a_row = 1;
    hypervisor.after_failure = [] { hypervisor.overlaid = {0x200}; };

    EXPECT_EQ(change(0x200, 4, Unproved, Ordinary), fail(Error::HypervisorFailed));
    EXPECT_EQ(state(0x200), Ordinary);
    EXPECT_EQ(access(0x200), 0xb);
    EXPECT_EQ(state(0x201), Unproved);
    EXPECT_EQ(access(0x201), 0xd);
    EXPECT_EQ(access(0x203), 0xd);
    EXPECT_EQ(total(Ordinary), 1);
}

TEST_F(Ledger, gives_up_undoing_after_a_while) {
    ASSERT_TRUE(change(0x200, 400, Open, Unproved, Proof::BeforeClose));
    hypervisor.calls = 0;
    hypervisor.calls_until_failure = 2;
    hypervisor.pages_before_failure = 300;
    hypervisor.after_failure = [] {
        for (u64 page = 0x200; page < 0x200 + 400; ++page) {
            hypervisor.overlaid.insert(page);
        }
    };

    EXPECT_EQ(change(0x200, 400, Unproved, Ordinary), fail(Error::HypervisorFailed));
    EXPECT_EQ(hypervisor.calls, 2 + 2 * FrameLedger::undo_refusals_max);
    EXPECT_EQ(total(Ordinary), 300) << "all that have its rights";
    EXPECT_EQ(access(0x200 + 299), 0xb);
    EXPECT_EQ(access(0x200 + 300), 0x9) << "less than its state allows";
}

TEST_F(Ledger, a_page_under_an_overlay_stops_a_change) {
    hypervisor.overlaid = {0x2a0};
    EXPECT_EQ(change(0x200, 1000, Open, FrozenData, Proof::BeforeClose),
              fail(Error::HypervisorFailed));
    EXPECT_EQ(access(0x200), 0xf) << "as it was";
    EXPECT_EQ(access(0x29f), 0xf);
    EXPECT_EQ(access(0x2a1), 0xf);
    EXPECT_EQ(total(FrozenData), 0);
}

TEST_F(Ledger, closes_kernel_execution_in_bounded_steps) {
    ASSERT_TRUE(change(0x200, 4096, Open, Unproved, Proof::BeforeClose));
    u64 left = 0;
    do {
        const u64 before = hypervisor.calls;
        left = base::must(frame_ledger.lock()->close_kernel_execution());
        EXPECT_LE(hypervisor.calls - before, FrameLedger::close_hypercalls_max);
    } while (left != 0);

    EXPECT_EQ(total(Open), 1) << "that the driver lied about";
    EXPECT_EQ(state(lied_page), Open);
    EXPECT_EQ(total(Ordinary), ram_count + high_count - own_count - 4096 - 1);
    EXPECT_EQ(access(ram_first), 0xb);
    EXPECT_EQ(access(high_first), 0xb);
    EXPECT_EQ(access(0x200), 0xd);
    EXPECT_EQ(access(own_first), 0);
}

TEST_F(Ledger, closes_later_what_was_refused_at_first) {
    hypervisor.overlaid = {0x200, 0x201, 0x300};
    close_all();
    EXPECT_EQ(total(Open), 4);
    hypervisor.overlaid = {0x300};
    close_all();
    EXPECT_EQ(total(Open), 2);
    EXPECT_EQ(access(0x200), 0xb);
    EXPECT_EQ(access(0x300), 0xf);
}

TEST_F(Ledger, nothing_becomes_text_without_proof_once_the_close_has_begun) {
    ASSERT_TRUE(frame_ledger.lock()->close_kernel_execution());
    for (const FrameState to : {FrozenText, FrozenData, Unproved}) {
        EXPECT_EQ(change(high_first, 1, Open, to, Proof::BeforeClose), fail(Error::TooLate));
    }
    EXPECT_EQ(access(high_first), 0xf) << "not reached yet";
    EXPECT_TRUE(change(high_first, 1, Open, Ordinary));
}

TEST_F(Ledger, gives_up_where_the_host_cannot_tell_user_from_kernel_execution) {
    for (const auto& [page, rights] : hypervisor.access) {
        hypervisor.overlaid.insert(page);
    }
    Result<u64> step{1};
    u64 steps = 0;
    while (step.has_value() && *step != 0) {
        step = frame_ledger.lock()->close_kernel_execution();
        ++steps;
    }
    EXPECT_EQ(step, fail(Error::HypervisorFailed));
    EXPECT_LE(steps, 40);
    EXPECT_EQ(total(Open), ram_count + high_count - own_count);
}

TEST_F(Ledger, confirms_with_the_rights_of_the_state) {
    EXPECT_TRUE(frame_ledger.lock()->confirm(Gpa::of_page(0x200)));
    EXPECT_EQ(hypervisor.changes.back().after, 0xf);
    EXPECT_TRUE(frame_ledger.lock()->confirm(Gpa::of_page(0x200)));
    EXPECT_EQ(hypervisor.calls, 1) << "once";
    EXPECT_EQ(frame_ledger.lock()->confirm(Gpa::of_page(lied_page)), fail(Error::BadAddress));

    ASSERT_TRUE(change(0x300, 1, Open, FrozenText, Proof::BeforeClose));
    EXPECT_TRUE(frame_ledger.lock()->confirm(Gpa::of_page(0x300)));
    EXPECT_EQ(access(0x300), 0xd) << "not widened";
}

TEST_F(Ledger, confirms_by_closing_once_the_close_has_begun) {
    hypervisor.overlaid = {0x200};
    close_all();
    EXPECT_EQ(frame_ledger.lock()->confirm(Gpa::of_page(0x200)), fail(Error::BadAddress));
    hypervisor.overlaid.clear();
    EXPECT_TRUE(frame_ledger.lock()->confirm(Gpa::of_page(0x200)));
    EXPECT_EQ(access(0x200), 0xb);
    EXPECT_EQ(state(0x200), Ordinary);
}

}  // namespace
}  // namespace vtl1
