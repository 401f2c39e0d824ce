// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/synthetic_timer.h"

#include <gtest/gtest.h>

namespace hypervisor {
namespace {

constexpr u64 direct = TLFS_STIMER_DIRECT | u64{0x50} << TLFS_STIMER_VECTOR_SHIFT;
constexpr u64 to_sint3 = u64{3} << TLFS_STIMER_SINT_SHIFT;

TEST(SyntheticTimerTest, one_shot_expires_once_at_its_time) {
    SyntheticTimer timer{};
    timer.write_count(1000, 10);
    EXPECT_EQ(timer.next, 0U) << "not enabled";
    EXPECT_TRUE(timer.write_config(direct | TLFS_STIMER_ENABLE, 20));
    EXPECT_EQ(timer.next, 1000U);
    EXPECT_FALSE(timer.expire(999));
    EXPECT_TRUE(timer.expire(1005));
    EXPECT_EQ(timer.expired, 1000U);
    EXPECT_EQ(timer.config, direct) << "disabled";
    EXPECT_EQ(timer.count, 1000U);
    EXPECT_FALSE(timer.expire(2000));
}

TEST(SyntheticTimerTest, time_that_is_over_expires_at_once) {
    SyntheticTimer timer{};
    timer.write_count(5, 100);
    EXPECT_TRUE(timer.write_config(direct | TLFS_STIMER_ENABLE, 100));
    EXPECT_TRUE(timer.expire(100));
}

TEST(SyntheticTimerTest, periods_keep_their_phase) {
    SyntheticTimer timer{};
    timer.write_count(100, 0);
    EXPECT_TRUE(timer.write_config(direct | TLFS_STIMER_ENABLE | TLFS_STIMER_PERIODIC, 7));
    EXPECT_EQ(timer.next, 107U);
    EXPECT_TRUE(timer.expire(107));
    EXPECT_EQ(timer.next, 207U);
    EXPECT_TRUE(timer.expire(540)) << "three that nobody looked at, and this one";
    EXPECT_EQ(timer.next, 607U);
    EXPECT_FALSE(timer.expire(606));
    EXPECT_TRUE(timer.has(TLFS_STIMER_ENABLE));
}

TEST(SyntheticTimerTest, period_without_end_does_not_wrap) {
    SyntheticTimer timer{};
    timer.write_count(~u64{0}, 0);
    EXPECT_TRUE(timer.write_config(direct | TLFS_STIMER_ENABLE | TLFS_STIMER_PERIODIC, 7));
    EXPECT_EQ(timer.next, timer_never);
    EXPECT_FALSE(timer.expire(1'000'000));
}

TEST(SyntheticTimerTest, count_of_zero_stops) {
    SyntheticTimer timer{};
    timer.write_count(100, 0);
    EXPECT_TRUE(timer.write_config(direct | TLFS_STIMER_ENABLE, 0));
    timer.write_count(0, 50);
    EXPECT_FALSE(timer.has(TLFS_STIMER_ENABLE));
    EXPECT_FALSE(timer.expire(100));
}

TEST(SyntheticTimerTest, auto_enable_starts_by_its_count) {
    SyntheticTimer timer{};
    EXPECT_TRUE(timer.write_config(direct | TLFS_STIMER_AUTO_ENABLE, 0));
    EXPECT_EQ(timer.next, 0U);
    timer.write_count(100, 0);
    EXPECT_TRUE(timer.has(TLFS_STIMER_ENABLE));
    EXPECT_TRUE(timer.expire(100));
    EXPECT_FALSE(timer.has(TLFS_STIMER_ENABLE));
    timer.write_count(300, 200);
    EXPECT_TRUE(timer.expire(300));
}

TEST(SyntheticTimerTest, messages_do_not_go_to_sint0) {
    SyntheticTimer timer{};
    timer.write_count(100, 0);
    EXPECT_TRUE(timer.write_config(TLFS_STIMER_ENABLE, 0));
    EXPECT_FALSE(timer.has(TLFS_STIMER_ENABLE));
    EXPECT_EQ(timer.next, 0U);
    EXPECT_TRUE(timer.write_config(TLFS_STIMER_ENABLE | to_sint3, 0));
    EXPECT_EQ(timer.next, 100U);
    EXPECT_EQ(timer.sint(), 3U);
    EXPECT_TRUE(timer.write_config(TLFS_STIMER_AUTO_ENABLE, 0));
    timer.write_count(100, 0);
    EXPECT_FALSE(timer.has(TLFS_STIMER_ENABLE));
}

TEST(SyntheticTimerTest, reserved_bits_are_refused) {
    SyntheticTimer timer{};
    EXPECT_TRUE(timer.write_config(direct, 0));
    EXPECT_FALSE(timer.write_config(direct | u64{1} << 13, 0));
    EXPECT_FALSE(timer.write_config(u64{1} << 20, 0));
    EXPECT_EQ(timer.config, direct);
    EXPECT_EQ(timer.vector(), 0x50);
}

TEST(SyntheticTimerTest, a_new_value_forgets_the_message_that_waits) {
    SyntheticTimer timer{};
    timer.write_count(10, 0);
    EXPECT_TRUE(timer.write_config(TLFS_STIMER_ENABLE | to_sint3, 0));
    EXPECT_TRUE(timer.expire(20));
    timer.is_undelivered = true;
    timer.write_count(30, 20);
    EXPECT_FALSE(timer.is_undelivered);
}

}  // namespace
}  // namespace hypervisor
