// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "hvcall/abi/tlfs_vsm.h"

// The command's files as they are.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
extern "C" {
#include "tools/redoubt/explain.c"
#include "tools/redoubt/names.c"
#include "tools/redoubt/symbols.c"
#include "tools/redoubt/text.c"
}
#pragma clang diagnostic pop

namespace {

constexpr __u64 kernel_address = 0xffff'ffff'8a00'0000;
constexpr __u64 kernel_gpa = 0x1a00'0000;
constexpr std::size_t regions_at = 4096;
constexpr std::size_t names_at = 8192;

template <class T>
void put(std::vector<unsigned char>& file, std::size_t at, const T& value) {
    file.resize(std::max(file.size(), at + sizeof(value)));
    std::memcpy(file.data() + at, &value, sizeof(value));
}

// Two pages of text with three functions, behind them data.
std::vector<unsigned char> some_file() {
    manifest_header header{};
    header.magic = MANIFEST_MAGIC;
    header.format = MANIFEST_FORMAT;
    header.image_bytes = 0x4000;
    header.section_count = 2;
    header.sections[0] = {
        .kind = MANIFEST_SECTION_REGIONS, .bytes = 16, .file_offset = regions_at, .digest = {}};
    header.sections[1] = {
        .kind = MANIFEST_SECTION_NAMES, .bytes = 45, .file_offset = names_at, .digest = {}};
    std::vector<unsigned char> file;
    put(file, 0, header);
    put(file, regions_at,
        manifest_region{
            .kind = MANIFEST_REGION_TEXT, .offset = 0, .page_count = 2, .first_digest = 0});
    put(file, names_at, __u32{3});
    put(file, names_at + 4, manifest_name{.offset = 0x10, .name = 28});
    put(file, names_at + 12, manifest_name{.offset = 0x100, .name = 34});
    put(file, names_at + 20, manifest_name{.offset = 0x1800, .name = 40});
    const std::array<char, 17> names{"first\0panic\0last"};
    put(file, names_at + 28, names);
    return file;
}

class SymbolsTest : public testing::Test {
protected:
    ~SymbolsTest() override { symbols_free(&symbols_); }

    bool parse(const std::vector<unsigned char>& file) {
        symbols_free(&symbols_);
        // One of its own size, so that a read past its end is one past the allocation.
        auto* copy = static_cast<unsigned char*>(std::malloc(file.size()));
        std::memcpy(copy, file.data(), file.size());
        const bool is_good = symbols_parse(&symbols_, copy, file.size());
        symbols_.address = kernel_address;
        symbols_.gpa = kernel_gpa;
        return is_good;
    }

    std::string at(__u64 offset) {
        std::array<char, SYMBOLS_TEXT_BYTES> out{};
        return symbols_of_offset(&symbols_, offset, out.data()) ? out.data() : "";
    }

    std::string explained(const witness_record& record, bool json = false) {
        char* text = nullptr;
        std::size_t size = 0;
        std::FILE* out = open_memstream(&text, &size);
        explain_print(out, &record, &symbols_, json);
        std::fclose(out);
        std::string result{text, size};
        std::free(text);
        return result;
    }

    symbols symbols_{};
};

TEST_F(SymbolsTest, are_those_of_the_functions) {
    ASSERT_TRUE(parse(some_file()));
    EXPECT_EQ(at(0x10), "first+0x0");
    EXPECT_EQ(at(0xff), "first+0xef");
    EXPECT_EQ(at(0x100), "panic+0x0");
    EXPECT_EQ(at(0x1fff), "last+0x7ff");
    EXPECT_EQ(at(0xf), "_text+0xf") << "before the first";
    EXPECT_EQ(at(0x2000), "_text+0x2000") << "not text";
    EXPECT_EQ(at(0x4000), "") << "not the image";
    EXPECT_EQ(at(~0ULL), "");
}

TEST_F(SymbolsTest, are_found_by_address) {
    ASSERT_TRUE(parse(some_file()));
    std::array<char, SYMBOLS_TEXT_BYTES> out{};
    EXPECT_TRUE(symbols_of_address(&symbols_, kernel_address + 0x101, out.data()));
    EXPECT_STREQ(out.data(), "panic+0x1");
    EXPECT_TRUE(symbols_of_gpa(&symbols_, kernel_gpa + 0x102, out.data()));
    EXPECT_STREQ(out.data(), "panic+0x2");
    EXPECT_FALSE(symbols_of_address(&symbols_, kernel_address - 1, out.data()));
    EXPECT_FALSE(symbols_of_gpa(&symbols_, 0, out.data()));
    symbols_free(&symbols_);
    EXPECT_FALSE(symbols_of_address(&symbols_, 0, out.data()));
}

// Under the address sanitizer: whatever the file says, nothing outside of it is read.
TEST_F(SymbolsTest, a_file_cut_off_or_changed_anywhere_does_no_harm) {
    const std::vector<unsigned char> good = some_file();
    const auto look = [&] {
        for (const __u64 offset : {0x0ULL, 0x10ULL, 0x100ULL, 0x1fffULL, 0x3fffULL}) {
            at(offset);
        }
    };
    for (std::size_t size = 1; size < good.size(); size += size < 8190 ? 511 : 1) {
        EXPECT_FALSE(parse({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}));
        look();
    }
    for (const std::size_t start : {std::size_t{0}, regions_at, names_at}) {
        for (std::size_t i = start; i < std::min(start + 400, good.size()); ++i) {
            for (const int bits : {0x01, 0x80, 0xff}) {
                std::vector<unsigned char> bad = good;
                bad[i] ^= static_cast<unsigned char>(bits);
                parse(bad);
                look();
            }
        }
    }
}

TEST_F(SymbolsTest, names_that_are_none_are_not_printed) {
    std::vector<unsigned char> file = some_file();
    file[names_at + 34] = 0x1b;
    ASSERT_TRUE(parse(file));
    EXPECT_EQ(at(0x100), "_text+0x100");
    file = some_file();
    put(file, names_at + 16, __u32{45});
    ASSERT_TRUE(parse(file));
    EXPECT_EQ(at(0x100), "_text+0x100") << "past the section";
    file = some_file();
    put(file, names_at, __u32{6});
    EXPECT_FALSE(parse(file)) << "more records than there is room for";
}

witness_record some_record(__u16 policy, __u16 cause) {
    witness_record record{};
    record.sequence = 7;
    record.rip = kernel_address + 0x120;
    record.gpa = kernel_gpa + 0x1810;
    record.policy = policy;
    record.cause = cause;
    record.value = 0x1234;
    record.count = 3;
    return record;
}

TEST_F(SymbolsTest, events_are_explained) {
    ASSERT_TRUE(parse(some_file()));
    EXPECT_EQ(explained(some_record(MANIFEST_POLICY_TEXT, TLFS_ACCESS_TYPE_WRITE)),
              "7  text: write  CPU 0  3 times\n"
              "Code at 0xffffffff8a000120 (panic+0x20) tried to write memory that is sealed at "
              "0x1a001810 (last+0x10).\n"
              "Nothing in a sound kernel does this: find out what the code is, and treat VTL0 as "
              "attacked until you know.\n");
    const std::string pinned = explained(some_record(MANIFEST_POLICY_REGISTERS, 1));
    EXPECT_NE(pinned.find("(panic+0x20) tried to set CR4 to 0x1234,"), std::string::npos) << pinned;
    const std::string probe = explained(some_record(MANIFEST_POLICY_PATCHING, VERDICT_PROBE), true);
    EXPECT_TRUE(probe.starts_with(R"({"sequence":7,"count":3,"what_happened":"Code at )")) << probe;
    EXPECT_NE(probe.find(": probe.\",\"what_to_do\":\"Kprobes are off"), std::string::npos)
        << probe;
    const std::string odd = explained(some_record(9, 9));
    EXPECT_NE(odd.find("this program does not know"), std::string::npos) << odd;
}

// Two sentences each, whatever it is; and they fit.
TEST_F(SymbolsTest, every_event_has_two_sentences) {
    for (const int policy : {0, 1, 2, 3, 15, 16}) {
        for (__u16 cause = 0; cause < 17; ++cause) {
            const std::string text = explained(some_record(static_cast<__u16>(policy), cause));
            EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
            EXPECT_EQ(text.find(".\n") + 1, text.rfind('\n', text.size() - 2)) << text;
            EXPECT_TRUE(text.ends_with(".\n")) << text;
        }
    }
}

}  // namespace
