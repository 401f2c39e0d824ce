// SPDX-License-Identifier: MIT
// test-with: hypervisor/tlfs/hypercall_input.cpp selftests/host/panic.cpp
#include "hypervisor/tlfs/hypercall_input.h"

#include <gtest/gtest.h>

namespace hypervisor {
namespace {

using base::u32;

constexpr TlfsStatus invalid_input = TLFS_STATUS_INVALID_HYPERCALL_INPUT;
constexpr CallShape simple{};
constexpr CallShape rep{.is_rep = true};
constexpr CallShape variable{.has_variable_header = true};
constexpr CallShape variable_rep{.is_rep = true, .has_variable_header = true};

constexpr u64 reps(u64 count, u64 start) {
    return count << 32 | start << 48;
}

static_assert(call_code_of(0xffff'ffff'ffff'0050) == 0x0050);
static_assert(hypercall_result(TLFS_STATUS_SUCCESS, 4095) == 0x0fff'0000'0000);
static_assert(hypercall_result(TLFS_STATUS_INVALID_REGISTER_VALUE, 2) == 0x0002'0000'0050);

TEST(hypercall_input, is_taken_apart) {
    const auto input = parse_hypercall_input(0x0123'0456'0000'0051 | 1U << 16 | 0x155U << 17);
    ASSERT_TRUE(input.has_value());
    EXPECT_EQ(input->code, 0x0051U);
    EXPECT_TRUE(input->is_fast);
    EXPECT_EQ(input->variable_header_qwords, 0x155U);
    EXPECT_EQ(input->rep_count, 0x456U);
    EXPECT_EQ(input->rep_start, 0x123U);
}

TEST(hypercall_input, all_fields_can_be_full) {
    const auto input = parse_hypercall_input(0x0fff'0fff'07ff'ffff);
    ASSERT_TRUE(input.has_value());
    EXPECT_EQ(*input, (HypercallInput{0xffff, true, 0x3ff, 0xfff, 0xfff}));
    EXPECT_EQ(parse_hypercall_input(0), HypercallInput{});
}

TEST(hypercall_input, each_reserved_bit_is_refused) {
    constexpr u64 reserved = 0xf000'f000'f800'0000;  // 63:60, 47:44, 31 nested, 30:27
    for (u32 bit = 0; bit < 64; ++bit) {
        const u64 control = u64{1} << bit;
        const auto input = parse_hypercall_input(control);
        if ((reserved & control) != 0) {
            ASSERT_FALSE(input.has_value()) << bit;
            EXPECT_EQ(input.error(), invalid_input) << bit;
            for (const CallShape shape : {simple, rep, variable, variable_rep}) {
                EXPECT_EQ(parse_hypercall_input(control | reps(1, 0), shape).error(),
                          invalid_input);
            }
        } else {
            EXPECT_TRUE(input.has_value()) << bit;
        }
    }
}

TEST(hypercall_input, a_simple_call_has_no_reps) {
    EXPECT_TRUE(parse_hypercall_input(0x0d, simple).has_value());
    EXPECT_TRUE(parse_hypercall_input(0x0d | TLFS_CALL_FAST, simple)->is_fast);
    EXPECT_EQ(parse_hypercall_input(0x0d | reps(1, 0), simple).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x0d | reps(0, 1), simple).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x0d | reps(2, 1), simple).error(), invalid_input);
}

TEST(hypercall_input, a_rep_call_has_an_element_left_to_do) {
    EXPECT_EQ(parse_hypercall_input(0x50 | reps(1, 0), rep)->rep_count, 1U);
    EXPECT_EQ(parse_hypercall_input(0x50 | reps(4095, 4094), rep)->rep_start, 4094U);
    EXPECT_EQ(parse_hypercall_input(0x50, rep).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x50 | reps(0, 1), rep).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x50 | reps(1, 1), rep).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x50 | reps(4095, 4095), rep).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x50 | reps(1, 2), rep).error(), invalid_input);
}

TEST(hypercall_input, only_a_variable_call_has_a_variable_header) {
    constexpr u64 header = 1U << 17;
    EXPECT_EQ(parse_hypercall_input(0x13 | header, simple).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x14 | header | reps(1, 0), rep).error(), invalid_input);
    EXPECT_EQ(parse_hypercall_input(0x13 | header, variable)->variable_header_qwords, 1U);
    EXPECT_TRUE(parse_hypercall_input(0x13, variable).has_value());
    EXPECT_TRUE(parse_hypercall_input(0x14 | header | reps(2, 1), variable_rep).has_value());
    EXPECT_EQ(parse_hypercall_input(0x14 | header, variable_rep).error(), invalid_input);
}

}  // namespace
}  // namespace hypervisor
