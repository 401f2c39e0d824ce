// SPDX-License-Identifier: MIT
// test-with: vtl1/vtl/call.cpp vtl1/vtl/status.cpp selftests/host/panic.cpp
#include "vtl1/vtl/call.h"

#include <gtest/gtest.h>

#include "vtl1/vtl/status.h"

namespace vtl1 {
namespace {

int runs = 0;

CallResult nothing_in() {
    ++runs;
    return 42;
}

struct Small {
    u64 value;
};

Result<Small> parse_small(u64 raw) {
    return raw < 10 ? Result<Small>{Small{raw}} : fail(Error::BadArgument);
}

CallResult two_in(base::Untrusted<u64> first, base::Untrusted<u64> second) {
    ++runs;
    const Small a = TRY(first.parse(parse_small));
    const Small b = TRY(second.parse(parse_small));
    return a.value * 10 + b.value;
}

constexpr std::array calls{
    row<nothing_in>(1, "nothing_in", Phase::Sealed, nothing_in),
    row<two_in>(7, "two_in", Phase::Boot, two_in),
};

CallResult run(u64 id, const CallArguments& arguments, Phase now = Phase::Boot) {
    return run_call(find_call(id, calls), now, arguments);
}

class CallTest : public testing::Test {
protected:
    CallTest() { runs = 0; }
};

TEST_F(CallTest, a_row_follows_from_the_handlers_type) {
    EXPECT_EQ(calls[0].argument_count, 0);
    EXPECT_EQ(calls[1].argument_count, 2);
}

TEST_F(CallTest, arguments_arrive_in_order) {
    EXPECT_EQ(run(1, {}), 42);
    EXPECT_EQ(run(7, {3, 4}), 34);
    EXPECT_EQ(run(7, {3, 10}), fail(Error::BadArgument));
}

TEST_F(CallTest, unknown_ids_are_refused) {
    for (const u64 id : {u64{0}, u64{2}, u64{0x1ffe0}, u64{1} << 32 | 1, ~u64{0}}) {
        EXPECT_EQ(run(id, {}), fail(Error::UnknownCall)) << id;
    }
    EXPECT_EQ(runs, 0);
}

TEST_F(CallTest, unused_arguments_must_be_zero) {
    for (usize i = 0; i < 5; ++i) {
        CallArguments arguments{};
        arguments[i] = 1;
        EXPECT_EQ(run(1, arguments), fail(Error::BadArgument));
        if (i >= 2) {
            EXPECT_EQ(run(7, arguments), fail(Error::BadArgument));
        }
    }
    EXPECT_EQ(runs, 0);
}

TEST_F(CallTest, a_call_ends_with_its_last_phase) {
    EXPECT_EQ(run(7, {1, 1}, Phase::Sealed), fail(Error::TooLate));
    EXPECT_EQ(run(1, {}, Phase::Sealed), 42);
    EXPECT_EQ(runs, 1);
}

TEST(Status, no_error_looks_like_success) {
    for (u8 i = 1; i <= static_cast<u8>(Error::NoEntropy); ++i) {
        EXPECT_NE(to_status(static_cast<Error>(i)), VTL_STATUS_OK);
    }
}

}  // namespace
}  // namespace vtl1
