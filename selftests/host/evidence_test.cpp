// SPDX-License-Identifier: MIT
// test-with: mbedtls vtl1/log/witness_log.cpp selftests/host/panic.cpp
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <span>
#include <string>

#include "vtl1/crypto/p384.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/log/witness_log.h"

// The command's files as they are.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
#pragma clang diagnostic ignored "-Wcast-qual"
extern "C" {
#include "tools/redoubt/claims.c"
#include "tools/redoubt/explain.c"
#include "tools/redoubt/names.c"
#include "tools/redoubt/signature.c"
#include "tools/redoubt/statement.c"
#include "tools/redoubt/status_json.c"
#include "tools/redoubt/symbols.c"
#include "tools/redoubt/text.c"
#include "tools/redoubt/witness.c"
}
#pragma clang diagnostic pop

namespace {

using Pages = std::array<vtl1::WitnessLog::Page, WITNESS_PAGE_COUNT>;

std::string output_of(const std::function<void(std::FILE*)>& print) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* out = open_memstream(&text, &size);
    print(out);
    std::fclose(out);
    std::string result{text, size};
    std::free(text);
    return result;
}

std::string printed(const vtl_statement& statement, bool json = false) {
    return output_of([&](std::FILE* out) { statement_print(out, &statement, json); });
}

const witness_page* as_c(const Pages& pages) {
    return reinterpret_cast<const witness_page*>(pages.data());
}

// Signed by VTL1's own code.
void sign(vtl_statement& statement) {
    static vtl1::crypto::P384Key key;
    while (key.public_key() == vtl1::crypto::P384PublicKey{}) {
        static_cast<void>(key.generate());
    }
    std::ranges::copy(key.public_key(), statement.public_key);
    const auto bytes = std::as_bytes(std::span{&statement, 1});
    const auto digest = vtl1::crypto::sha384(bytes.first(STATEMENT_SIGNED_BYTES));
    std::ranges::copy(base::must(key.sign(digest)), statement.signature);
}

vtl_statement some_statement() {
    vtl_statement statement{};
    statement.magic = STATEMENT_MAGIC;
    statement.format = STATEMENT_FORMAT;
    statement.phase = VTL_PHASE_SEALED;
    statement.vp_count = 2;
    statement.nonce[0] = 0xab;
    statement.log_events = 12;
    sign(statement);
    return statement;
}

TEST(Statement, signed_by_vtl1_it_is_good) {
    const vtl_statement statement = some_statement();
    EXPECT_EQ(statement_problem(&statement), nullptr);
}

TEST(Statement, a_changed_one_is_not) {
    const vtl_statement good = some_statement();
    for (std::size_t i = 0; i < sizeof(good); i += 5) {
        vtl_statement changed = good;
        std::as_writable_bytes(std::span{&changed, 1})[i] ^= std::byte{1};
        EXPECT_NE(statement_problem(&changed), nullptr) << i;
    }
}

TEST(Statement, of_another_format_it_is_not_believed) {
    vtl_statement statement = some_statement();
    statement.format = STATEMENT_FORMAT + 1;
    sign(statement);
    EXPECT_NE(statement_problem(&statement), nullptr);
    statement = some_statement();
    statement.reserved[15] = 1;
    sign(statement);
    EXPECT_NE(statement_problem(&statement), nullptr);
}

TEST(Statement, is_found_in_what_is_printed) {
    const vtl_statement statement = some_statement();
    for (const bool json : {false, true}) {
        vtl_statement found{};
        const std::string text = printed(statement, json);
        ASSERT_TRUE(statement_find(text.c_str(), &found));
        EXPECT_EQ(std::memcmp(&found, &statement, sizeof(found)), 0);
        EXPECT_FALSE(statement_find((text + text).c_str(), &found));
        EXPECT_FALSE(statement_find(text.substr(0, text.size() - 6).c_str(), &found));
        EXPECT_NE(text.find("sealed"), std::string::npos);
    }
    vtl_statement found{};
    EXPECT_FALSE(statement_find("", &found));
    EXPECT_FALSE(statement_find(std::string(1023, 'a').c_str(), &found));
    EXPECT_FALSE(statement_find(std::string(1025, 'a').c_str(), &found));
}

class Log : public testing::Test {
protected:
    Log() {
        log.open(pages);
        for (base::u64 i = 0; i < 200; ++i) {
            add(i % 80);
        }
        const vtl1::WitnessLog::Totals totals = log.totals();
        statement.log_events = totals.events;
        statement.log_records = totals.records;
        statement.log_lost = totals.lost;
        std::ranges::copy(totals.head, statement.log_head);
    }

    void add(base::u64 rip) {
        log.add({.policy = static_cast<base::u16>(rip % 2),
                 .cause = 2,
                 .vp = 1,
                 .rip = rip * 2,
                 .gpa = base::Gpa{0x3000},
                 .value = 0,
                 .time = 15'000'000});
    }

    const char* problem() const { return witness_problem(as_c(pages), &statement); }

    Pages pages{};
    vtl1::WitnessLog log;
    vtl_statement statement{};
};

TEST_F(Log, agrees_with_its_statement) {
    EXPECT_EQ(problem(), nullptr);
}

TEST_F(Log, may_have_grown_since) {
    for (base::u64 rip = 100; rip < 110; ++rip) {
        add(rip);
    }
    EXPECT_EQ(problem(), nullptr);
}

TEST_F(Log, a_record_that_was_changed_or_is_missing_shows) {
    Pages before = pages;
    pages[1][3].rip ^= 1;
    EXPECT_NE(problem(), nullptr);
    pages = before;
    pages[0][39] = {};
    EXPECT_NE(problem(), nullptr);
    pages = before;
    pages[0][0].count = 0;
    EXPECT_NE(problem(), nullptr);
    pages = before;
    pages[0][0].count = 1;
    EXPECT_NE(problem(), nullptr);
}

TEST_F(Log, is_printed_oldest_first) {
    const symbols none{};
    const std::string text =
        output_of([&](std::FILE* out) { witness_print(out, as_c(pages), &none, false); });
    EXPECT_EQ(std::ranges::count(text, '\n'), 80);
    EXPECT_TRUE(
        text.starts_with("       0  1.500 s  text: execute  CPU 1  rip 0x0  gpa 0x3000  "
                         "value 0x0  3 times\n       1  1.500 s  registers: XCR0  CPU 1"))
        << text.substr(0, 200);
    const std::string json =
        output_of([&](std::FILE* out) { witness_print(out, as_c(pages), &none, true); });
    EXPECT_TRUE(json.starts_with(
        R"({"sequence":0,"time":1.500,"policy":0,"cause":2,"cpu":1,"rip":"0x0","gpa":"0x3000",)"
        R"("value":"0x0","count":3,"policy_name":"text","cause_name":"execute"})"))
        << json.substr(0, 200);
}

TEST_F(Log, events_are_found_by_their_number) {
    EXPECT_EQ(witness_find(as_c(pages), 7)->rip, 14);
    EXPECT_EQ(witness_find(as_c(pages), 79)->sequence, 79);
    EXPECT_EQ(witness_find(as_c(pages), 80), nullptr) << "it is counted in another";
}

TEST(Statement, modes_and_frames_have_names) {
    vtl_statement statement = some_statement();
    statement.modes[0] = MANIFEST_MODE_ENFORCE;
    statement.modes[7] = MANIFEST_MODE_ENFORCE;
    statement.modes[15] = 9;
    statement.ledger[FRAME_UNPROVED] = 12;
    statement.ledger[14] = 3;
    const std::string plain = printed(statement);
    EXPECT_NE(plain.find("  modes        text enforce, registers off, patching off, data off, "
                         "modules off, policy 7 enforce, own_memory 9\n"
                         "  ledger       unproved 12, state 14 3\n"),
              std::string::npos)
        << plain;
    const std::string json = printed(statement, true);
    EXPECT_NE(json.find(R"("modes":{"text":"enforce","registers":"off",)"), std::string::npos);
    EXPECT_NE(json.find(R"("policy 7":"enforce","own_memory":9},"ledger":{"unproved":12,)"
                        R"("state 14":3})"),
              std::string::npos)
        << json;
}

}  // namespace
