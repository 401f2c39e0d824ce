// SPDX-License-Identifier: MIT
// test-with: vtl1/services/statement.cpp vtl1/crypto/statement_key.cpp vtl1/log/witness_log.cpp
// test-with: mbedtls selftests/host/panic.cpp base/text.cpp
#include "vtl1/services/statement.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "vtl1/arch/cpu_list.h"
#include "vtl1/crypto/p384.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/log/log.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/scratch.h"

namespace vtl1 {
namespace {

constexpr u64 page_address = 0x5000;

vtl_statement page;
int writes = 0;
std::vector<std::string> lines;
alignas(page_size) PageBytes scratch_bytes;
WitnessLog::Totals log_totals{.events = 40, .records = 30, .lost = 20, .head = {9, 8, 7}};

CallResult call(u64 address = page_address) {
    return services::statement(Vtl0InOut<vtl_statement>{base::Untrusted<u64>{address}});
}

// As the driver asks; the answer to the last try.
CallResult ask(u8 nonce) {
    CallResult result = fail(Error::Busy);
    for (int i = 0; i < 5 && result == fail(Error::Busy); ++i) {
        page = {};
        std::ranges::fill(page.nonce, nonce);
        result = call();
    }
    return result;
}

Result<void> verify(const vtl_statement& statement) {
    const auto bytes = std::as_bytes(std::span{&statement, 1});
    const crypto::P384Digest digest = crypto::sha384(bytes.first(STATEMENT_SIGNED_BYTES));
    Result<void> result = fail(Error::Busy);
    for (int i = 0; i < 3 && result == fail(Error::Busy); ++i) {
        result = crypto::verify_p384(statement.public_key, digest, statement.signature);
    }
    return result;
}

// Must be the first: later the key is there.
TEST(Statement, makes_its_key_in_steps_and_names_it) {
    page = {};
    EXPECT_EQ(call(), fail(Error::Busy));  // a known answer
    EXPECT_EQ(call(), fail(Error::Busy));  // the key
    EXPECT_EQ(writes, 0);
    ASSERT_EQ(lines.size(), 2);
    EXPECT_EQ(call(), 0);
    EXPECT_EQ(lines.size(), 2);
    const auto hex = [](u8 byte) {
        static constexpr std::string_view digits = "0123456789abcdef";
        return std::string{digits[byte >> 4], digits[byte & 15]};
    };
    EXPECT_TRUE(lines[0].starts_with("statements' key, x: " + hex(page.public_key[0])));
    EXPECT_TRUE(lines[1].ends_with(hex(page.public_key[95])));
}

TEST(Statement, says_what_is_and_is_signed) {
    ASSERT_EQ(ask(0xab), 0);
    EXPECT_EQ(page.magic, STATEMENT_MAGIC);
    EXPECT_EQ(page.format, STATEMENT_FORMAT);
    EXPECT_EQ(page.phase, VTL_PHASE_BOOT);
    EXPECT_EQ(page.vp_count, 4);
    EXPECT_TRUE(std::ranges::all_of(page.nonce, [](u8 byte) { return byte == 0xab; }));
    EXPECT_EQ(page.time, 77);
    EXPECT_EQ(page.log_events, 40);
    EXPECT_EQ(page.log_records, 30);
    EXPECT_EQ(page.log_lost, 20);
    EXPECT_TRUE(std::ranges::equal(page.log_head, log_totals.head));
    EXPECT_EQ(page.denied_reads, 1);
    EXPECT_EQ(page.denied_writes, 2);
    EXPECT_EQ(page.denied_executes, 3);
    EXPECT_TRUE(verify(page).has_value());
}

TEST(Statement, every_byte_is_signed) {
    ASSERT_EQ(ask(1), 0);
    const vtl_statement good = page;
    for (usize i = 0; i < STATEMENT_SIGNED_BYTES - sizeof(page.public_key); i += 7) {
        vtl_statement changed = good;
        std::as_writable_bytes(std::span{&changed, 1})[i] ^= std::byte{4};
        EXPECT_EQ(verify(changed), fail(Error::Refused)) << i;
    }
}

TEST(Statement, the_key_stays) {
    ASSERT_EQ(ask(1), 0);
    const vtl_statement first = page;
    ASSERT_EQ(ask(2), 0);
    EXPECT_TRUE(std::ranges::equal(first.public_key, page.public_key));
    EXPECT_FALSE(std::ranges::equal(first.signature, page.signature));
}

TEST(Statement, refuses_what_is_no_question) {
    writes = 0;
    for (usize i = 0; i < sizeof(page); ++i) {
        page = {};
        auto bytes = std::as_writable_bytes(std::span{&page, 1});
        bytes[i] = std::byte{1};
        const bool is_nonce = i >= offsetof(vtl_statement, nonce) &&
                              i < offsetof(vtl_statement, nonce) + STATEMENT_NONCE_BYTES;
        if (!is_nonce) {
            EXPECT_EQ(call(), fail(Error::BadArgument)) << i;
        }
    }
    page = {};
    EXPECT_EQ(call(0x6000), fail(Error::BadAddress));
    EXPECT_EQ(writes, 0);
}

}  // namespace

PageBytes& scratch_page() {
    return scratch_bytes;
}

Result<void> copy_from_vtl0(Gpa from, std::span<std::byte> into) {
    if (from != Gpa{page_address}) {
        return fail(Error::BadAddress);
    }
    std::ranges::copy(std::as_bytes(std::span{&page, 1}), into.begin());
    return {};
}

Result<void> copy_to_vtl0(Gpa to, std::span<const std::byte> from) {
    if (to != Gpa{page_address}) {
        return fail(Error::BadAddress);
    }
    ++writes;
    std::ranges::copy(from, std::as_writable_bytes(std::span{&page, 1}).begin());
    return {};
}

void log_line(std::string_view text) {
    lines.emplace_back(text);
}

WitnessLog::Totals witness_totals() {
    return log_totals;
}

u64 reference_time() {
    return 77;
}

Phase current_phase() {
    return Phase::Boot;
}

CpuTotals cpu_totals() {
    return {.online = 4, .pinned = 4, .waiting = 0, .calls = 0, .nmis = 0};
}

DenialCounts denial_counts() {
    return {.reads = 1, .writes = 2, .executes = 3};
}

}  // namespace vtl1
