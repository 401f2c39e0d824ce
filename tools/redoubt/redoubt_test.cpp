// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <vector>

// The command's files as they are, but main.c and the device, which is played here.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
#pragma clang diagnostic ignored "-Wcast-qual"
extern "C" {
#include "tools/redoubt/device.h"
#include "tools/redoubt/log.c"
#include "tools/redoubt/options.c"
#include "tools/redoubt/status.c"
#include "tools/redoubt/text.c"
}
#pragma clang diagnostic pop

namespace {

std::vector<vtl_log_page> device_pages;  // answered one after the other; then an empty one
std::vector<__u64> device_asked;

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

vtl_log_page page_of(__u64 first, __u64 next, const std::string& text) {
    vtl_log_page page{};
    page.first_sequence = first;
    page.next_sequence = next;
    page.text_bytes = static_cast<__u32>(text.size());
    std::memcpy(page.text, text.data(), text.size());
    return page;
}

redoubt_status some_status() {
    redoubt_status status{};
    status.device_abi_version = REDOUBT_DEVICE_ABI_VERSION;
    status.driver_version = VTL1_VERSION(0U, 2U, 3U);
    status.vtl1.vtl1_version = VTL1_VERSION(0U, 1U, 0U);
    status.vtl1.vp_count = 2;
    status.vtl1.memory_bytes = 4508876;
    status.vtl1.calls = 7;
    status.vtl1.denied_reads = 1;
    status.vtl1.denied_writes = 2;
    status.vtl1.denied_executes = 3;
    status.vtl1.denied_register_writes = 4;
    status.vtl1.allowed_register_writes = 5;
    status.vtl1.pinned_vp_count = 1;
    return status;
}

const char* parse(std::vector<const char*> arguments, cli_options& options) {
    arguments.insert(arguments.begin(), "redoubt");
    std::vector<char*> argv;
    for (const char* argument : arguments) {
        argv.push_back(const_cast<char*>(argument));
    }
    const char* wrong = nullptr;
    return options_parse(static_cast<int>(argv.size()), argv.data(), &options, &wrong);
}

TEST(Text, json_is_escaped) {
    const std::string text{"a\"b\\c\nd\te\x01\x7f\xffz\0.", 15};
    EXPECT_EQ(output_of([&](std::FILE* out) { text_print_json(out, text.data(), text.size()); }),
              R"("a\"b\\c\nd\te\u0001\u007f\u00ffz\u0000.")");
}

TEST(Text, control_characters_do_not_reach_the_terminal) {
    const std::string text = "ok \x1b[2J\r\x80 \\";
    EXPECT_EQ(output_of([&](std::FILE* out) { text_print_plain(out, text.data(), text.size()); }),
              R"(ok \x1b[2J\x0d\x80 \x5c)");
}

TEST(Text, mebibytes_have_one_decimal) {
    char out[32];
    text_format_mib(out, sizeof(out), 4508876);
    EXPECT_STREQ(out, "4.2 MiB");
    text_format_mib(out, sizeof(out), 0);
    EXPECT_STREQ(out, "0.0 MiB");
    text_format_mib(out, sizeof(out), ~0ULL);
    EXPECT_STREQ(out, "17592186044415.9 MiB");
}

TEST(Status, json_is_one_line_with_the_promised_paths) {
    const redoubt_status status = some_status();
    const hypervisor below{"Micro\"soft\\ Hv", "10.0.1.0", false};
    EXPECT_EQ(
        output_of([&](std::FILE* out) { status_print_json(out, &status, &below); }),
        R"({"vtl1":{"version":"0.1.0","phase":"boot","cpus":2,"memory_bytes":4508876,"calls":7,)"
        R"("denied":{"reads":1,"writes":2,"executes":3},"nmis":0,)"
        R"("registers":{"pinned_cpus":1,"denied_writes":4,"allowed_writes":5}},)"
        R"("hypervisor":{"name":"Micro\"soft\\ Hv","version":"10.0.1.0","platform":"unchecked"},)"
        R"("driver":{"version":"0.2.3"},"policies":[]})"
        "\n");
}

TEST(Status, every_phase_has_a_name) {
    redoubt_status status = some_status();
    const hypervisor below{"Redoubt", "0.0.0.0", true};
    for (const auto& [phase, name] : {std::pair{VTL_PHASE_BOOT, "\"boot\""},
                                      {VTL_PHASE_SEALED, "\"sealed\""},
                                      {VTL_PHASE_FAILED, "\"failed\""},
                                      {99U, "\"unknown\""}}) {
        status.vtl1.phase = phase;
        const std::string json =
            output_of([&](std::FILE* out) { status_print_json(out, &status, &below); });
        EXPECT_NE(json.find(name), std::string::npos) << json;
    }
}

TEST(Status, for_people_fits_one_screen_and_claims_no_policy) {
    const redoubt_status status = some_status();
    const hypervisor below{"Redoubt", "0.0.0.0", true};
    const std::string text =
        output_of([&](std::FILE* out) { status_print_plain(out, &status, &below); });
    EXPECT_NE(text.find("no policy is active"), std::string::npos);
    EXPECT_NE(text.find("0.1.0 on 2 CPUs, 4.2 MiB"), std::string::npos);
    EXPECT_NE(text.find("platform     checked"), std::string::npos);
    EXPECT_NE(text.find("registers are pinned on 1 CPU\n"), std::string::npos);
    EXPECT_NE(text.find("data, registers, modules"), std::string::npos);
    EXPECT_NE(text.find("3 executes, 4 register writes"), std::string::npos);
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 24);
}

TEST(Log, a_page_gives_numbered_lines) {
    const vtl_log_page page = page_of(41, 43, "one\nt\x1bo\n");
    long count = 0;
    EXPECT_EQ(output_of([&](std::FILE* out) { count = log_print_page(out, &page, false); }),
              "    41  one\n    42  t\\x1bo\n");
    EXPECT_EQ(count, 2);
    EXPECT_EQ(output_of([&](std::FILE* out) { count = log_print_page(out, &page, true); }),
              "{\"sequence\":41,\"text\":\"one\"}\n{\"sequence\":42,\"text\":\"t\\u001bo\"}\n");
}

TEST(Log, a_page_that_contradicts_itself_is_refused) {
    vtl_log_page too_long = page_of(0, 1, "one\n");
    too_long.text_bytes = VTL_LOG_TEXT_BYTES + 1;
    const vtl_log_page without_end = page_of(0, 1, "one");
    const vtl_log_page wrong_count = page_of(0, 2, "one\n");
    for (const vtl_log_page& page : {too_long, without_end, wrong_count}) {
        output_of([&](std::FILE* out) { EXPECT_EQ(log_print_page(out, &page, false), -1); });
    }
}

TEST(Log, a_full_page_is_read_to_its_end) {
    const vtl_log_page page = page_of(0, VTL_LOG_TEXT_BYTES, std::string(VTL_LOG_TEXT_BYTES, '\n'));
    output_of([&](std::FILE* out) {
        EXPECT_EQ(log_print_page(out, &page, false), long{VTL_LOG_TEXT_BYTES});
    });
}

TEST(Log, pages_are_asked_for_until_one_is_empty) {
    device_pages = {page_of(5, 7, "a\nb\n"), page_of(7, 8, "c\n"), page_of(8, 8, "")};
    device_asked.clear();
    int error = -1;
    EXPECT_EQ(output_of([&](std::FILE* out) { error = log_print_all(out, 3, false, false); }),
              "        (lines 0 to 4 are not kept any more)\n     5  a\n     6  b\n     7  c\n");
    EXPECT_EQ(error, 0);
    EXPECT_EQ(device_asked, (std::vector<__u64>{0, 7, 8}));
}

TEST(Log, a_log_that_goes_backwards_does_not_loop) {
    device_pages = {page_of(5, 6, "a\n"), page_of(5, 6, "a\n")};
    output_of([&](std::FILE* out) { EXPECT_EQ(log_print_all(out, 3, false, false), -1); });
}

TEST(Options, commands_and_options) {
    cli_options options{};
    EXPECT_EQ(parse({"status"}, options), nullptr);
    EXPECT_EQ(options.command, COMMAND_STATUS);
    EXPECT_FALSE(options.json);
    EXPECT_EQ(parse({"log", "--json"}, options), nullptr);
    EXPECT_EQ(options.command, COMMAND_LOG);
    EXPECT_TRUE(options.json);
    EXPECT_EQ(parse({"--version"}, options), nullptr);
    EXPECT_EQ(options.command, COMMAND_VERSION);
    EXPECT_EQ(parse({"status", "--help"}, options), nullptr);
    EXPECT_EQ(options.command, COMMAND_HELP);
    EXPECT_EQ(parse({"log", "--follow"}, options), nullptr);
    EXPECT_TRUE(options.follow);
    EXPECT_EQ(parse({"log", "verify", "--json"}, options), nullptr);
    EXPECT_EQ(options.command, COMMAND_LOG_VERIFY);
    EXPECT_TRUE(options.json);
}

TEST(Options, nonces_and_keys) {
    cli_options options{};
    const std::string nonce(64, 'a');
    const std::string key(192, '5');
    EXPECT_EQ(parse({"status", "--nonce", nonce.c_str()}, options), nullptr);
    EXPECT_EQ(options.command, COMMAND_STATE);
    EXPECT_EQ(options.nonce[31], 0xaa);
    EXPECT_EQ(parse({"verify", "file", "--key", key.c_str(), "--nonce", nonce.c_str()}, options),
              nullptr);
    EXPECT_EQ(options.command, COMMAND_VERIFY);
    EXPECT_STREQ(options.file, "file");
    EXPECT_TRUE(options.has_key && options.has_nonce);
    EXPECT_EQ(options.key[95], 0x55);

    EXPECT_NE(parse({"status", "--nonce"}, options), nullptr);
    EXPECT_NE(parse({"status", "--nonce", nonce.substr(1).c_str()}, options), nullptr);
    EXPECT_NE(parse({"status", "--nonce", (nonce.substr(1) + "g").c_str()}, options), nullptr);
    EXPECT_NE(parse({"log", "--nonce", nonce.c_str()}, options), nullptr);
    EXPECT_NE(parse({"status", "--key", key.c_str()}, options), nullptr);
    EXPECT_NE(parse({"verify"}, options), nullptr);
    EXPECT_NE(parse({"verify", "one", "two"}, options), nullptr);
}

TEST(Options, anything_else_is_refused) {
    cli_options options{};
    EXPECT_NE(parse({}, options), nullptr);
    EXPECT_NE(parse({"frob"}, options), nullptr);
    EXPECT_NE(parse({"status", "extra"}, options), nullptr);
    EXPECT_NE(parse({"--version", "--json"}, options), nullptr);
    EXPECT_NE(parse({"status", "--follow"}, options), nullptr);
    EXPECT_NE(parse({"status", "verify"}, options), nullptr);
}

}  // namespace

extern "C" int device_log(int, redoubt_log* log) {
    device_asked.push_back(log->sequence);
    if (!device_pages.empty()) {
        log->page = device_pages.front();
        device_pages.erase(device_pages.begin());
    }
    return 0;
}
