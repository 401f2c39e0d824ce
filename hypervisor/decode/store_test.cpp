// SPDX-License-Identifier: MIT
// test-with: hypervisor/decode/store.cpp hypervisor/decode/instruction.cpp selftests/host/panic.cpp
#include "hypervisor/decode/store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace hypervisor {
namespace {

using base::Error;
using Kind = MemoryAccess::Kind;
using enum CodeSize;

using Code = std::vector<u8>;

base::Result<MemoryAccess> decode(const Code& code, CodeSize size = Code64) {
    return decode_memory_access(code, size);
}

MemoryAccess load(u8 length, u8 register_number, u8 bytes = 4) {
    return {.kind = Kind::Load,
            .length = length,
            .operand_bytes = bytes,
            .register_number = register_number};
}

MemoryAccess store(u8 length, u8 register_number, u8 bytes = 4) {
    return {.kind = Kind::Store,
            .length = length,
            .operand_bytes = bytes,
            .register_number = register_number};
}

MemoryAccess exchange(u8 length, u8 register_number, u8 bytes = 4) {
    return {.kind = Kind::Exchange,
            .length = length,
            .operand_bytes = bytes,
            .register_number = register_number};
}

MemoryAccess store_immediate(u8 length, u64 immediate, u8 bytes = 4) {
    return {.kind = Kind::Store,
            .length = length,
            .operand_bytes = bytes,
            .has_immediate = true,
            .immediate = immediate};
}

struct Case {
    const char* text;
    CodeSize size;
    Code code;
    MemoryAccess expected;
};

std::vector<Case> cases_of_addresses() {
    return {
        // What Linux does to the local APIC
        {"mov %esi,-0x9ff000(%rdi)", Code64, {0x89, 0xb7, 0x00, 0x10, 0x60, 0xff}, store(6, 6)},
        {"mov 0xffffffffff5fd020,%eax",
         Code64,
         {0x8b, 0x04, 0x25, 0x20, 0xd0, 0x5f, 0xff},
         load(7, 0)},
        {"movl $0,0xffffffffff5fd0b0",
         Code64,
         {0xc7, 0x04, 0x25, 0xb0, 0xd0, 0x5f, 0xff, 0, 0, 0, 0},
         store_immediate(11, 0)},
        {"xchg %eax,0x300(%rdi)", Code64, {0x87, 0x87, 0, 3, 0, 0}, exchange(6, 0)},
        // Addressing forms
        {"mov %eax,(%rdi)", Code64, {0x89, 0x07}, store(2, 0)},
        {"mov %ecx,8(%rdi)", Code64, {0x89, 0x4f, 0x08}, store(3, 1)},
        {"mov %edx,0x12345678(%rip)", Code64, {0x89, 0x15, 0x78, 0x56, 0x34, 0x12}, store(6, 2)},
        {"mov %eax,(%rsp)", Code64, {0x89, 0x04, 0x24}, store(3, 0)},
        {"mov %eax,(%rdi,%rcx,4)", Code64, {0x89, 0x04, 0x8f}, store(3, 0)},
        {"mov %eax,8(%rdi,%rcx,4)", Code64, {0x89, 0x44, 0x8f, 0x08}, store(4, 0)},
        {"mov %eax,0(%rbp,%rcx,1)", Code64, {0x89, 0x44, 0x0d, 0x00}, store(4, 0)},
        {"mov %eax,0x100(,%rcx,1)", Code64, {0x89, 0x04, 0x0d, 0, 1, 0, 0}, store(7, 0)},
        {"mov %eax,0x100(%rdi,%rcx,4)", Code64, {0x89, 0x84, 0x8f, 0, 1, 0, 0}, store(7, 0)},
        {"mov %eax,0(%r13)", Code64, {0x41, 0x89, 0x45, 0x00}, store(4, 0)},
        {"mov %eax,(%r12)", Code64, {0x41, 0x89, 0x04, 0x24}, store(4, 0)},
        {"mov %eax,disp32 with REX.B", Code64, {0x41, 0x89, 0x05, 0, 0, 0, 0}, store(7, 0)},
    };
}

std::vector<Case> cases_of_operands() {
    return {
        // Registers and widths
        {"mov %r9d,(%rdi)", Code64, {0x44, 0x89, 0x0f}, store(3, 9)},
        {"mov %r15d,(%r15)", Code64, {0x45, 0x89, 0x3f}, store(3, 15)},
        {"mov (%rdi),%r8", Code64, {0x4c, 0x8b, 0x07}, load(3, 8, 8)},
        {"xchg %r15,(%r14)", Code64, {0x4d, 0x87, 0x3e}, exchange(3, 15, 8)},
        {"mov (%rdi),%esp", Code64, {0x8b, 0x27}, load(2, 4)},
        {"mov %rax,(%rdi) with a 66", Code64, {0x66, 0x48, 0x89, 0x07}, store(4, 0, 8)},
        {"mov %al,(%rdi)", Code64, {0x88, 0x07}, store(2, 0, 1)},
        {"mov %r9b,(%rdi)", Code64, {0x44, 0x88, 0x0f}, store(3, 9, 1)},
        {"mov %ax,(%rdi)", Code64, {0x66, 0x89, 0x07}, store(3, 0, 2)},
        {"REX before a 66", Code64, {0x48, 0x66, 0x89, 0x07}, store(4, 0, 2)},
        {"mov %ax,(%edi)", Code32, {0x66, 0x89, 0x07}, store(3, 0, 2)},
        // Immediates
        {"movb $0xff,(%rdi)", Code64, {0xc6, 0x07, 0xff}, store_immediate(3, 0xff, 1)},
        {"movw $0xfffe,(%rdi)",
         Code64,
         {0x66, 0xc7, 0x07, 0xfe, 0xff},
         store_immediate(5, 0xfffe, 2)},
        {"movl $0x12345678,(%rdi)",
         Code64,
         {0xc7, 0x07, 0x78, 0x56, 0x34, 0x12},
         store_immediate(6, 0x1234'5678)},
        {"movl $-1,(%rdi)",
         Code64,
         {0xc7, 0x07, 0xff, 0xff, 0xff, 0xff},
         store_immediate(6, 0xffff'ffff)},
        {"movq $-2,(%rdi)",
         Code64,
         {0x48, 0xc7, 0x07, 0xfe, 0xff, 0xff, 0xff},
         store_immediate(7, ~u64{1}, 8)},
        {"movq $0x7fffffff,(%rdi)",
         Code64,
         {0x48, 0xc7, 0x07, 0xff, 0xff, 0xff, 0x7f},
         store_immediate(7, 0x7fff'ffff, 8)},
        {"movl $1,8(%rdi), REX.R means nothing",
         Code64,
         {0x44, 0xc7, 0x47, 0x08, 1, 0, 0, 0},
         store_immediate(8, 1)},
        // Absolute addresses
        {"movabs 0x...,%eax", Code64, {0xa1, 1, 2, 3, 4, 5, 6, 7, 8}, load(9, 0)},
        {"movabs %eax,0x...", Code64, {0xa3, 1, 2, 3, 4, 5, 6, 7, 8}, store(9, 0)},
        {"movabs %rax, REX.WRB", Code64, {0x4d, 0xa3, 1, 2, 3, 4, 5, 6, 7, 8}, store(10, 0, 8)},
        {"addr32 mov 0x...,%eax", Code64, {0x67, 0xa1, 1, 2, 3, 4}, load(6, 0)},
        {"mov 0x...,%eax", Code32, {0xa1, 1, 2, 3, 4}, load(5, 0)},
    };
}

std::vector<Case> cases_of_prefixes_and_modes() {
    return {
        // Prefixes
        {"mov %eax,%gs:(%rdi)", Code64, {0x65, 0x89, 0x07}, store(3, 0)},
        {"all segments", Code64, {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x89, 0x07}, store(8, 0)},
        {"mov %eax,(%edi)", Code64, {0x67, 0x89, 0x07}, store(3, 0)},
        {"lock xchg %eax,(%rdi)", Code64, {0xf0, 0x87, 0x07}, exchange(3, 0)},
        {"a REX before a prefix counts for nothing", Code64, {0x4f, 0x65, 0x89, 0x07}, store(4, 0)},
        {"the last REX counts", Code64, {0x48, 0x44, 0x89, 0x07}, store(4, 8)},
        // Other modes
        {"mov %eax,disp32", Code32, {0x89, 0x05, 0, 0, 0xe0, 0xfe}, store(6, 0)},
        {"mov %eax,8(%esi,%edi,1)", Code32, {0x89, 0x44, 0x3e, 0x08}, store(4, 0)},
        {"16-bit code with both sizes turned", Code16, {0x66, 0x67, 0x89, 0x07}, store(4, 0)},
        {"and an absolute address", Code16, {0x67, 0x66, 0xa1, 1, 2, 3, 4}, load(7, 0)},
        // The longest one
        {"15 bytes",
         Code64,
         {0x65, 0x65, 0x65, 0x65, 0xc7, 0x84, 0x8f, 1, 2, 3, 4, 5, 6, 7, 8},
         store_immediate(15, 0x0807'0605)},
    };
}

std::vector<Case> cases() {
    std::vector<Case> all = cases_of_addresses();
    for (const auto& more : {cases_of_operands(), cases_of_prefixes_and_modes()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

TEST(decode, knows_each_form) {
    for (const Case& c : cases()) {
        const auto access = decode(c.code, c.size);
        ASSERT_TRUE(access.has_value()) << c.text;
        EXPECT_EQ(*access, c.expected) << c.text;
        EXPECT_EQ(access->length, c.code.size()) << c.text;
    }
}

TEST(decode, what_follows_changes_nothing) {
    for (const Case& c : cases()) {
        for (const u8 filler : {u8{0x00}, u8{0xff}, u8{0x66}}) {
            Code code = c.code;
            code.resize(32, filler);
            EXPECT_EQ(decode(code, c.size), c.expected) << c.text;
        }
    }
}

TEST(decode, a_missing_byte_is_not_guessed) {
    for (const Case& c : cases()) {
        for (usize length = 0; length < c.code.size(); ++length) {
            const Code part(c.code.begin(), c.code.begin() + static_cast<std::ptrdiff_t>(length));
            const auto access = decode(part, c.size);
            ASSERT_FALSE(access.has_value()) << c.text << ", " << length;
            EXPECT_EQ(access.error(), Error::BadArgument) << c.text << ", " << length;
        }
    }
}

void expect_refused(const Code& code, CodeSize size = Code64) {
    Code padded = code;
    padded.resize(15, 0);
    const auto access = decode(padded, size);
    ASSERT_FALSE(access.has_value()) << testing::PrintToString(code);
    EXPECT_EQ(access.error(), Error::Refused) << testing::PrintToString(code);
}

TEST(decode, all_other_opcodes_are_refused) {
    const Code prefixes{0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0};
    const Code known{0x87, 0x88, 0x89, 0x8b, 0xa1, 0xa3, 0xc6, 0xc7};
    for (unsigned value = 0; value < 256; ++value) {
        const u8 byte = static_cast<u8>(value);
        const bool is_rex = (byte & 0xf0) == 0x40;
        if (!std::ranges::contains(prefixes, byte) && !std::ranges::contains(known, byte)) {
            if (!is_rex) {
                expect_refused({byte, 0x07});
            }
            expect_refused({byte, 0x07}, Code32);
        }
    }
}

TEST(decode, only_64_bit_code_has_rex_prefixes) {
    expect_refused({0x48, 0x89, 0x07}, Code32);
    expect_refused({0x66, 0x67, 0x48, 0x89, 0x07}, Code16);
}

TEST(decode, high_byte_registers_are_refused) {
    expect_refused({0x88, 0x27});
    expect_refused({0x88, 0x3f}, Code32);
    EXPECT_EQ(*decode({0x40, 0x88, 0x27}), store(3, 4, 1));
}

TEST(decode, sixteen_bit_addresses_are_refused) {
    expect_refused({0x67, 0x89, 0x07}, Code32);
    expect_refused({0x66, 0x89, 0x07}, Code16);
    expect_refused({0x89, 0x07}, Code16);
}

TEST(decode, register_operands_are_refused) {
    for (const u8 opcode : {u8{0x87}, u8{0x89}, u8{0x8b}, u8{0xc7}}) {
        expect_refused({opcode, 0xc0});
        expect_refused({opcode, 0xc7});
    }
}

TEST(decode, only_c7_with_0_is_a_mov) {
    for (u8 reg = 1; reg < 8; ++reg) {
        expect_refused({0xc7, static_cast<u8>(reg << 3 | 0x07)});
    }
}

TEST(decode, lock_is_refused_before_a_mov) {
    expect_refused({0xf0, 0x89, 0x07});
    expect_refused({0xf0, 0x8b, 0x07});
    expect_refused({0xf0, 0xc7, 0x07});
    expect_refused({0xf0, 0xa3});
}

TEST(decode, sixteen_bytes_are_refused) {
    const Code longest{0x65, 0x65, 0x65, 0x65, 0x65, 0xc7, 0x84, 0x8f, 1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(decode(longest).error(), Error::Refused);
    EXPECT_EQ(decode(Code(15, 0x65)).error(), Error::Refused);
    EXPECT_EQ(decode(Code(14, 0x65)).error(), Error::BadArgument);
    EXPECT_EQ(decode({}).error(), Error::BadArgument);
}

TEST(decode, survives_random_bytes) {
    constexpr std::array<u8, 10> likely{0x89, 0x8b, 0x87, 0xc7, 0xa1, 0xa3, 0x48, 0x66, 0x67, 0x65};
    std::mt19937 random{1};
    for (int round = 0; round < 200'000; ++round) {
        Code code(random() % 17);
        for (u8& byte : code) {
            const bool is_likely = random() % 2 == 0;
            byte = is_likely ? likely.at(random() % likely.size()) : static_cast<u8>(random());
        }
        const auto access = decode(code, static_cast<CodeSize>(random() % 3));
        if (access.has_value()) {
            ASSERT_LE(access->length, std::min<usize>(code.size(), 15));
            ASSERT_GE(access->length, 2);
            ASSERT_LT(access->register_number, 16);
            ASSERT_TRUE(std::has_single_bit(access->operand_bytes));
        }
    }
}

}  // namespace
}  // namespace hypervisor
