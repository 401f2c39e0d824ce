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
#include "tools/redoubt/claims.c"
#include "tools/redoubt/device.h"
#include "tools/redoubt/log.c"
#include "tools/redoubt/names.c"
#include "tools/redoubt/options.c"
#include "tools/redoubt/status.c"
#include "tools/redoubt/status_json.c"
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

redoubt_status sealed_status() {
    redoubt_status status = some_status();
    vtl_status& vtl1 = status.vtl1;
    vtl1.phase = VTL_PHASE_SEALED;
    vtl1.facts = VTL_STATUS_MBEC | VTL_STATUS_DMA_FILTERED;
    vtl1.frames[FRAME_KERNEL_TEXT] = 5120;
    vtl1.frames[FRAME_MODULE_TEXT] = 256;
    vtl1.frames[FRAME_UNPROVED] = 12;
    vtl1.unproved_start_frames = 2;
    vtl1.text_writes[VERDICT_WRITE] = 21;
    vtl1.text_writes[VERDICT_UNCHANGED] = 22;
    vtl1.text_writes[VERDICT_PROBE] = 23;
    vtl1.text_writes[VERDICT_BAD_VALUE] = 1;
    vtl1.verified_pages = 31;
    vtl1.verified_sites = 32;
    vtl1.masked_bytes = 33;
    vtl1.manifest_version = 4;
    std::strcpy(reinterpret_cast<char*>(vtl1.manifest_release), "6.12-te\"st");
    for (const unsigned policy : {0U, 1U, 2U, 15U}) {
        vtl1.modes[policy] = MANIFEST_MODE_ENFORCE;
    }
    return status;
}

constexpr hypervisor ours{"Redoubt", "0.0.0.0", true, true};

std::string json_of(const redoubt_status& status, const hypervisor& below = ours) {
    return output_of([&](std::FILE* out) { status_print_json(out, &status, &below); });
}

std::string plain_of(const redoubt_status& status,
                     const hypervisor& below = ours,
                     bool color = false) {
    return output_of([&](std::FILE* out) { status_print_plain(out, &status, &below, color); });
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(Status, json_begins_as_promised) {
    const hypervisor below{"Micro\"soft\\ Hv", "10.0.1.0", false, false};
    const std::string json = json_of(some_status(), below);
    EXPECT_TRUE(json.starts_with(
        R"({"vtl1":{"version":"0.1.0","phase":"boot","cpus":2,"memory_bytes":4508876,"calls":7,)"
        R"("denied":{"reads":1,"writes":2,"executes":3},"nmis":0,)"
        R"("registers":{"pinned_cpus":1,"denied_writes":4,"allowed_writes":5}},)"
        R"("hypervisor":{"name":"Micro\"soft\\ Hv","version":"10.0.1.0","platform":"unchecked"},)"
        R"("driver":{"version":"0.2.3","late":false},)"))
        << json;
    EXPECT_EQ(std::ranges::count(json, '\n'), 1);
}

TEST(Status, json_has_what_the_seal_found) {
    const std::string json = json_of(sealed_status());
    for (const char* part :
         {R"("kernel_exec":{"explained_bytes":22020096,"unproved":{"modules":40960,)"
          R"("start_code":8192},"open_bytes":0})",
          R"("frames":{"open":0,"foreign":0,)", R"("module_text":256,"unproved":12})",
          R"("text_writes":{"written":21,"unchanged":22,"no_site":0,"probe":23,)",
          R"("operator_key":"development")",
          R"("verified":{"pages":31,"sites":32,"masked_bytes":33})",
          R"("manifest":{"version":4,"release":"6.12-te\"st"})",
          R"({"name":"own_memory","mode":"enforce",)", R"({"name":"text","mode":"enforce",)",
          R"({"name":"data","mode":"off",)", R"({"name":"modules","mode":"off",)",
          R"({"what":"modules","why":"unverified)", R"({"what":"audit mode",)",
          R"("code_integrity":{"enforced":true,"why_not":null}})"}) {
        EXPECT_TRUE(has(json, part)) << part << "\n" << json;
    }
    EXPECT_FALSE(has(json, "\"DMA\""));
    EXPECT_FALSE(has(json, "late load"));
    EXPECT_FALSE(has(json, "not sealed:"));
}

TEST(Status, before_the_seal_nothing_is_claimed_of_the_kernel) {
    redoubt_status status = some_status();
    status.vtl1.modes[15] = MANIFEST_MODE_ENFORCE;
    status.vtl1.frames[FRAME_OPEN] = 256;
    const std::string json = json_of(status);
    EXPECT_TRUE(has(json, R"("open_bytes":1048576)"));
    EXPECT_FALSE(has(json, "\"verified\""));
    EXPECT_FALSE(has(json, "\"manifest\""));
    EXPECT_TRUE(has(json, R"({"name":"own_memory","mode":"enforce")"));
    EXPECT_TRUE(has(json, R"({"name":"text","mode":"off")"));
    EXPECT_TRUE(has(json, R"({"what":"kernel","why":"VTL0 is not sealed)"));
    EXPECT_TRUE(has(json, R"({"enforced":false,"why_not":"VTL0 is not sealed"})"));

    const std::string text = plain_of(status);
    EXPECT_TRUE(has(text, "code integrity: not enforced (VTL0 is not sealed)\n"));
    EXPECT_TRUE(has(text, "0.1.0 on 2 CPUs, 4.2 MiB"));
    EXPECT_TRUE(has(text, "registers are pinned on 1 CPU\n"));
    EXPECT_TRUE(has(text, "3 executes, 4 register writes"));
    EXPECT_FALSE(has(text, "explained"));
}

TEST(Status, a_failed_vtl1_says_nothing_and_protects_its_memory) {
    redoubt_status status = some_status();
    status.vtl1.phase = VTL_PHASE_FAILED;
    const std::string json = json_of(status);
    EXPECT_TRUE(has(json, R"({"name":"own_memory","mode":"enforce")"));
    EXPECT_TRUE(has(json, R"({"name":"text","mode":"unknown")"));
    EXPECT_FALSE(has(json, "\"frames\""));
    EXPECT_FALSE(has(json, "\"operator_key\""));
    EXPECT_TRUE(has(json, R"("code_integrity":{"enforced":false,)"));
    const std::string text = plain_of(status);
    EXPECT_TRUE(has(text, "denied       unknown"));
    EXPECT_FALSE(has(text, "development"));
}

TEST(Status, code_integrity_needs_the_machine) {
    redoubt_status status = sealed_status();
    EXPECT_TRUE(has(plain_of(status), "code integrity: enforced, but for unproved code\n"));
    status.vtl1.frames[FRAME_UNPROVED] = 0;
    EXPECT_TRUE(has(plain_of(status), "code integrity: enforced\n"));
    status.vtl1.facts = VTL_STATUS_DMA_FILTERED;
    EXPECT_TRUE(has(plain_of(status), "code integrity: not enforced (no MBEC)\n"));
    status.vtl1.facts = VTL_STATUS_MBEC;
    EXPECT_TRUE(has(plain_of(status), "code integrity: not enforced (DMA is not filtered)\n"));
    EXPECT_TRUE(has(json_of(status), R"({"what":"DMA",)"));
    status = sealed_status();
    const hypervisor other{"Microsoft Hv", "10.0.1.0", false, false};
    EXPECT_TRUE(has(plain_of(status, other), "code integrity: not enforced (memory that is not"));
    EXPECT_TRUE(has(plain_of(status, other), "not enforced platform: unchecked"));
}

TEST(Status, a_late_load_and_open_frames_are_said) {
    redoubt_status status = sealed_status();
    status.driver_facts = REDOUBT_DRIVER_LATE;
    status.vtl1.frames[FRAME_OPEN] = 3;
    const std::string text = plain_of(status);
    EXPECT_TRUE(has(text, "early start: late load"));
    EXPECT_TRUE(has(text, "open frames: "));
    EXPECT_TRUE(has(text, "code integrity: not enforced (frames below"));
    EXPECT_TRUE(has(json_of(status), R"("late":true})"));
}

TEST(Status, the_key_is_development_unless_the_operator_says_otherwise) {
    redoubt_status status = sealed_status();
    EXPECT_TRUE(has(plain_of(status), "  operator key: development\n"));
    status.vtl1.facts |= VTL_STATUS_OPERATOR_KEY_OWN;
    EXPECT_TRUE(has(plain_of(status), "  operator key: own\n"));
    EXPECT_FALSE(has(json_of(status), "development"));
}

TEST(Status, unverified_modules_are_red_on_a_terminal_only) {
    const redoubt_status status = sealed_status();
    EXPECT_TRUE(has(plain_of(status), "  modules: unverified\n"));
    EXPECT_TRUE(has(plain_of(status, ours, true), "  \x1b[31mmodules: unverified\x1b[0m\n"));
    EXPECT_FALSE(has(plain_of(status), "\x1b"));
}

TEST(Status, for_people_fits_one_screen) {
    redoubt_status status = sealed_status();
    status.driver_facts = REDOUBT_DRIVER_LATE;
    const std::string text = plain_of(status);
    for (const char* part :
         {"sealed (VTL0 is not trusted any more)", "6.12-te\"st, manifest version 4",
          "31 pages and 32 patch sites; 33 bytes masked",
          "21.0 MiB explained; unproved: 40 KiB of modules, 8 KiB of start code",
          "kernel_text 5120, module_text 256, unproved 12\n",
          "21 done, 22 without effect, 24 denied"}) {
        EXPECT_TRUE(has(text, part)) << part << "\n" << text;
    }
    EXPECT_LT(std::ranges::count(text, '\n'), 24);
}

TEST(Status, every_phase_has_a_name) {
    redoubt_status status = some_status();
    for (const auto& [phase, name] : {std::pair{VTL_PHASE_BOOT, "\"boot\""},
                                      {VTL_PHASE_SEALED, "\"sealed\""},
                                      {VTL_PHASE_FAILED, "\"failed\""},
                                      {99U, "\"unknown\""}}) {
        status.vtl1.phase = phase;
        const std::string json = json_of(status);
        EXPECT_TRUE(has(json, name)) << json;
    }
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

TEST(Options, events) {
    cli_options options{};
    EXPECT_EQ(parse({"explain", "1844674407370955161", "--json"}, options), nullptr);
    EXPECT_EQ(options.command, COMMAND_EXPLAIN);
    EXPECT_EQ(options.event, 1844674407370955161U);
    EXPECT_TRUE(options.json);
    EXPECT_EQ(parse({"explain", "0"}, options), nullptr);
    for (const char* bad : {"", "-1", "x", "1x", "0x1", " 1", "18446744073709551616"}) {
        EXPECT_NE(parse({"explain", bad}, options), nullptr) << bad;
    }
    EXPECT_NE(parse({"explain"}, options), nullptr);
    EXPECT_NE(parse({"explain", "1", "2"}, options), nullptr);
    EXPECT_NE(parse({"status", "1"}, options), nullptr);
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
