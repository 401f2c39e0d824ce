// SPDX-License-Identifier: MIT
#include "policies/frame_state.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>

// The table is checked by the compiler: a wrong row does not build.
namespace policies {
namespace {

using enum FrameState;

constexpr bool has(FrameState state, hv::u32 right) {
    return has_right(access_of(state), right);
}

constexpr bool is_executable(FrameState state) {
    return has(state, TLFS_PROTECT_KERNEL_EXECUTE);
}

constexpr bool is_written_and_executed(FrameState state) {
    return has(state, TLFS_PROTECT_WRITE) && is_executable(state);
}

constexpr bool for_all_states(bool (*holds)(FrameState)) {
    for (usize i = 0; i < frame_state_count; ++i) {
        if (!holds(static_cast<FrameState>(i))) {
            return false;
        }
    }
    return true;
}

constexpr bool for_all_transitions(bool (*holds)(const Transition&)) {
    return std::ranges::all_of(transitions, holds);
}

static_assert(static_cast<usize>(Unproved) + 1 == frame_state_count);

static_assert(for_all_states([](FrameState state) {
                  return state == Open || state == Foreign || !is_written_and_executed(state);
              }),
              "written or executed by the kernel, but while a frame is as it was found");

static_assert(for_all_transitions([](const Transition& row) {
                  return row.to != Open && row.to != Foreign && row.to != Vtl1 &&
                         row.from != Foreign;
              }),
              "nothing becomes as it was found");

static_assert(for_all_transitions([](const Transition& row) {
                  return !is_executable(row.to) || is_executable(row.from) ||
                         row.proof == Proof::Explained || row.proof == Proof::Permitted;
              }),
              "execution is gained by an explanation, or because the operator lets it be");

static_assert(for_all_transitions([](const Transition& row) {
                  return row.proof != Proof::Permitted || row.to == Unproved;
              }),
              "what is only permitted says so");

static_assert(for_all_transitions([](const Transition& row) {
                  return row.from != Open || row.to == Ordinary || row.proof == Proof::BeforeClose;
              }),
              "what was not looked at before the close is not executable after it");

static_assert(for_all_transitions([](const Transition& row) {
                  return row.proof != Proof::NotNeeded || !is_executable(row.to);
              }),
              "without a proof nothing is executable");

static_assert(for_all_transitions([](const Transition& row) {
                  return row.from != KernelText && row.from != Sealed && row.from != SealedUser;
              }),
              "the kernel's text and data are for good");

static_assert(for_all_transitions([](const Transition& row) {
                  return is_vtl1s(row.from) == is_vtl1s(row.to);
              }),
              "VTL1's memory stays VTL1's");

constexpr bool has_one_row_for_each_pair() {
    for (const Transition& row : transitions) {
        if (std::ranges::count_if(transitions, [&](const Transition& other) {
                return other.from == row.from && other.to == row.to;
            }) != 1) {
            return false;
        }
    }
    return true;
}

static_assert(has_one_row_for_each_pair());

static_assert(proof_for(Admitting, ModuleText) == Proof::Explained);
static_assert(!proof_for(Ordinary, ModuleText).has_value());
static_assert(is_writable(Open) && is_writable(Ordinary));
static_assert(!is_writable(Foreign) && !is_writable(KernelText) && !is_writable(Admitting));

TEST(FrameStateNames, are_all_different) {
    std::set<std::string> names;
    for (usize i = 0; i < frame_state_count; ++i) {
        names.insert(name_of(static_cast<FrameState>(i)));
    }
    EXPECT_EQ(names.size(), frame_state_count);
}

}  // namespace
}  // namespace policies
