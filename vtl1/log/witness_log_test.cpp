// SPDX-License-Identifier: MIT
// test-with: vtl1/log/witness_log.cpp mbedtls selftests/host/panic.cpp
#include "vtl1/log/witness_log.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

#include "hvcall/abi/manifest.h"

namespace vtl1 {
namespace {

using Pages = std::array<WitnessLog::Page, WITNESS_PAGE_COUNT>;

WitnessEvent event(u64 rip, u16 policy = MANIFEST_POLICY_TEXT, u16 cause = 1) {
    return {.policy = policy,
            .cause = cause,
            .vp = 3,
            .rip = rip,
            .gpa = Gpa{0x1000 + rip},
            .value = 7,
            .time = 100};
}

class Witness : public testing::Test {
protected:
    Witness() { log.open(pages); }

    Pages pages{};
    WitnessLog log;
};

// What a reader does who has only the pages.
WitnessLog::Head head_of(const Pages& pages) {
    std::vector<witness_record> records;
    for (const WitnessLog::Page& page : pages) {
        for (const witness_record& record : std::span{page}.first<WITNESS_FIRSTS_PER_PAGE>()) {
            if (record.count != 0) {
                records.push_back(record);
            }
        }
    }
    std::ranges::sort(records, {}, &witness_record::sequence);
    WitnessLog::Head head{};
    for (const witness_record& record : records) {
        crypto::Sha384 hash;
        hash.update(std::as_bytes(std::span{head}));
        hash.update(std::as_bytes(std::span{&record, 1}).first(WITNESS_FIXED_BYTES));
        head = hash.finish();
    }
    return head;
}

TEST_F(Witness, first_record_says_all) {
    log.add(event(0x10, MANIFEST_POLICY_DATA, 2));
    const witness_record& record = pages[MANIFEST_POLICY_DATA][0];
    EXPECT_EQ(record.sequence, 0);
    EXPECT_EQ(record.time, 100);
    EXPECT_EQ(record.rip, 0x10);
    EXPECT_EQ(record.gpa, 0x1010);
    EXPECT_EQ(record.value, 7);
    EXPECT_EQ(record.policy, MANIFEST_POLICY_DATA);
    EXPECT_EQ(record.cause, 2);
    EXPECT_EQ(record.vp, 3);
    EXPECT_EQ(record.count, 1);
    EXPECT_EQ(record.last_time, 100);
}

TEST_F(Witness, repetitions_are_counted_and_change_nothing_else) {
    log.add(event(0x10));
    const witness_record first = pages[0][0];
    const WitnessLog::Head head = log.totals().head;
    for (u64 i = 1; i <= 1000; ++i) {
        WitnessEvent again = event(0x10);
        again.time = 100 + i;
        again.gpa = Gpa{0x9000};
        again.vp = 1;
        log.add(again);
    }
    EXPECT_EQ(std::memcmp(&first, &pages[0][0], WITNESS_FIXED_BYTES), 0);
    EXPECT_EQ(pages[0][0].count, 1001);
    EXPECT_EQ(pages[0][0].last_time, 1100);
    EXPECT_EQ(pages[0][1].count, 0);
    EXPECT_EQ(log.totals().events, 1001);
    EXPECT_EQ(log.totals().records, 1);
    EXPECT_EQ(log.totals().lost, 0);
    EXPECT_EQ(log.totals().head, head);
}

TEST_F(Witness, policy_cause_and_rip_tell_records_apart) {
    log.add(event(0x10));
    log.add(event(0x11));
    log.add(event(0x10, MANIFEST_POLICY_TEXT, 2));
    log.add(event(0x10, WITNESS_POLICY_OWN_MEMORY));
    EXPECT_EQ(log.totals().records, 4);
    EXPECT_EQ(pages[0][1].rip, 0x11);
    EXPECT_EQ(pages[0][2].cause, 2);
    EXPECT_EQ(pages[WITNESS_POLICY_OWN_MEMORY][0].sequence, 3);
}

TEST_F(Witness, a_flood_hides_no_first_record) {
    log.add(event(0x10));
    const witness_record first = pages[0][0];
    for (u64 rip = 0x1000; rip < 0x1000 + 10000; ++rip) {
        log.add(event(rip));
    }
    EXPECT_EQ(std::memcmp(&first, &pages[0][0], sizeof(first)), 0);
    EXPECT_EQ(log.totals().records, WITNESS_FIRSTS_PER_PAGE);
    EXPECT_EQ(log.totals().lost, 10000 - (WITNESS_FIRSTS_PER_PAGE - 1));
    EXPECT_EQ(pages[0].back().count, log.totals().lost);
    EXPECT_EQ(pages[0].back().rip, 0x1000 + 9999);

    log.add(event(0x10, MANIFEST_POLICY_REGISTERS));
    EXPECT_EQ(pages[MANIFEST_POLICY_REGISTERS][0].rip, 0x10);
    log.add(event(0x10));
    EXPECT_EQ(pages[0][0].count, 2);
}

TEST_F(Witness, the_head_follows_from_the_pages) {
    EXPECT_EQ(log.totals().head, WitnessLog::Head{});
    for (u64 i = 0; i < 500; ++i) {
        log.add(
            event(i * 7 % 90, static_cast<u16>(i % WITNESS_PAGE_COUNT), static_cast<u16>(i % 3)));
    }
    EXPECT_EQ(log.totals().head, head_of(pages));
    pages[5][0].rip ^= 1;
    EXPECT_NE(log.totals().head, head_of(pages));
}

TEST(WitnessLog, is_silent_before_it_is_opened) {
    WitnessLog log;
    log.add(event(1));
    EXPECT_EQ(log.totals().events, 0);
}

TEST_F(Witness, a_policy_that_is_not_there_stops) {
    EXPECT_DEATH(log.add(event(1, WITNESS_PAGE_COUNT)), "");
}

}  // namespace
}  // namespace vtl1
