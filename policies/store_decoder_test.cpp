// SPDX-License-Identifier: MIT
// test-with: policies/store_decoder.cpp selftests/host/panic.cpp
#include "policies/store_decoder.h"

#include <gtest/gtest.h>
#include <vector>

namespace policies {
namespace {

using Code = std::vector<u8>;
using Source = DecodedStore::Source;

constexpr u64 rip = 0xffff'ffff'8100'1000;

/// Register n holds (n + 1) * 0x1111'1111'1111'1100; 3 elements are left.
GeneralRegisters registers() {
    GeneralRegisters made{};
    for (usize i = 0; i < made.size(); ++i) {
        made[i] = (i + 1) * 0x0111'1111'1111'1100;
    }
    return made;
}

u64 reg(usize number) {
    return registers()[number];
}

Result<DecodedStore> decode(const Code& code, bool is_downwards = false) {
    return decode_store(code, registers(), rip, is_downwards);
}

DecodedStore mov(u8 length, u8 width, u64 address, u64 value) {
    return {.length = length, .width = width, .address = Gva{address}, .value = value, .from = {}};
}

struct Case {
    const char* text;
    Code code;
    DecodedStore expected;
};

void expect_all(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        EXPECT_EQ(decode(one.code), one.expected) << one.text;
        Code more = one.code;
        more.push_back(0xcc);
        EXPECT_EQ(decode(more), one.expected) << one.text << ", with more bytes behind it";
        for (usize count = 0; count < one.code.size(); ++count) {
            const Code cut{one.code.begin(), one.code.begin() + static_cast<std::ptrdiff_t>(count)};
            EXPECT_EQ(decode(cut), fail(Error::BadArgument)) << one.text << ", cut at " << count;
        }
    }
}

// As objdump prints those of memcpy_orig and memset_orig.
TEST(StoreDecoder, knows_the_stores_of_memcpy_and_memset) {
    expect_all({
        {"mov %ecx,(%rdi)", {0x89, 0x0f}, mov(2, 4, reg(7), reg(1))},
        {"mov %r8d,-4(%rdi,%rdx,1)",
         {0x44, 0x89, 0x44, 0x17, 0xfc},
         mov(5, 4, reg(7) + reg(2) - 4, reg(8))},
        {"mov %r8b,1(%rdi)", {0x44, 0x88, 0x47, 0x01}, mov(4, 1, reg(7) + 1, reg(8))},
        {"mov %r9b,(%rdi,%rdx,1)", {0x44, 0x88, 0x0c, 0x17}, mov(4, 1, reg(7) + reg(2), reg(9))},
        {"mov %cl,(%rdi)", {0x88, 0x0f}, mov(2, 1, reg(7), reg(1))},
        {"mov %r8,(%rdi)", {0x4c, 0x89, 0x07}, mov(3, 8, reg(7), reg(8))},
        {"mov %r11,-8(%rdi,%rdx,1)",
         {0x4c, 0x89, 0x5c, 0x17, 0xf8},
         mov(5, 8, reg(7) + reg(2) - 8, reg(11))},
        {"mov %rax,56(%rdi)", {0x48, 0x89, 0x47, 0x38}, mov(4, 8, reg(7) + 56, reg(0))},
    });
}

TEST(StoreDecoder, knows_every_form_of_address) {
    expect_all({
        {"mov %ax,(%rdi)", {0x66, 0x89, 0x07}, mov(3, 2, reg(7), reg(0))},
        {"mov %eax,(%rsp)", {0x89, 0x04, 0x24}, mov(3, 4, reg(4), reg(0))},
        {"mov %eax,(%r12)", {0x41, 0x89, 0x04, 0x24}, mov(4, 4, reg(12), reg(0))},
        {"mov %eax,0(%r13)", {0x41, 0x89, 0x45, 0x00}, mov(4, 4, reg(13), reg(0))},
        {"mov %eax,(%rbx,%r12,8)",
         {0x42, 0x89, 0x04, 0xe3},
         mov(4, 4, reg(3) + (reg(12) << 3), reg(0))},
        {"mov %eax,0x11(%rbp,%rcx,4)",
         {0x89, 0x44, 0x8d, 0x11},
         mov(4, 4, reg(5) + (reg(1) << 2) + 0x11, reg(0))},
        {"mov %eax,-0x100(%r15)",
         {0x41, 0x89, 0x87, 0x00, 0xff, 0xff, 0xff},
         mov(7, 4, reg(15) - 0x100, reg(0))},
        {"mov %eax,0x1000(,%rcx,2)",
         {0x89, 0x04, 0x4d, 0x00, 0x10, 0x00, 0x00},
         mov(7, 4, (reg(1) << 1) + 0x1000, reg(0))},
        {"mov %eax,-16 (absolute)",
         {0x89, 0x04, 0x25, 0xf0, 0xff, 0xff, 0xff},
         mov(7, 4, 0 - u64{16}, reg(0))},
        {"mov %eax,0x100(%rip)",
         {0x89, 0x05, 0x00, 0x01, 0x00, 0x00},
         mov(6, 4, rip + 6 + 0x100, reg(0))},
        {"movl $0x11223344,-2(%rip)",
         {0xc7, 0x05, 0xfe, 0xff, 0xff, 0xff, 0x44, 0x33, 0x22, 0x11},
         mov(10, 4, rip + 10 - 2, 0x1122'3344)},
        {"movb $0xcc,(%rdi)", {0xc6, 0x07, 0xcc}, mov(3, 1, reg(7), 0xffff'ffff'ffff'ffcc)},
        {"movw $0x9066,(%rdi)",
         {0x66, 0xc7, 0x07, 0x66, 0x90},
         mov(5, 2, reg(7), 0xffff'ffff'ffff'9066)},
        {"movq $-2,(%rdi)", {0x48, 0xc7, 0x07, 0xfe, 0xff, 0xff, 0xff}, mov(7, 8, reg(7), ~u64{1})},
        {"mov %sil,(%rdi)", {0x40, 0x88, 0x37}, mov(3, 1, reg(7), reg(6))},
        {"rex.w not before the opcode", {0x48, 0x66, 0x89, 0x07}, mov(4, 2, reg(7), reg(0))},
        {"rex.w and 66", {0x66, 0x48, 0x89, 0x07}, mov(4, 8, reg(7), reg(0))},
    });
}

DecodedStore string(u8 length, u8 width, u64 count, bool is_repeated) {
    return {.length = length,
            .width = width,
            .is_string = true,
            .is_repeated = is_repeated,
            .count = count,
            .address = Gva{reg(7)},
            .from = {}};
}

DecodedStore copy(DecodedStore store) {
    store.source = Source::Memory;
    store.from = Gva{reg(6)};
    return store;
}

DecodedStore fill(DecodedStore store) {
    store.value = reg(0);
    return store;
}

TEST(StoreDecoder, knows_strings) {
    expect_all({
        {"movsb", {0xa4}, copy(string(1, 1, 1, false))},
        {"movsl", {0xa5}, copy(string(1, 4, 1, false))},
        {"movsw", {0x66, 0xa5}, copy(string(2, 2, 1, false))},
        {"movsq", {0x48, 0xa5}, copy(string(2, 8, 1, false))},
        {"rep movsb", {0xf3, 0xa4}, copy(string(2, 1, reg(1), true))},
        {"rep movsq", {0xf3, 0x48, 0xa5}, copy(string(3, 8, reg(1), true))},
        {"rex.w not before the opcode", {0x48, 0xf3, 0xa5}, copy(string(3, 4, reg(1), true))},
        {"stosb", {0xaa}, fill(string(1, 1, 1, false))},
        {"rep stosb", {0xf3, 0xaa}, fill(string(2, 1, reg(1), true))},
        {"rep stosq", {0xf3, 0x48, 0xab}, fill(string(3, 8, reg(1), true))},
        {"rep stosw", {0x66, 0xf3, 0xab}, fill(string(3, 2, reg(1), true))},
    });
}

TEST(StoreDecoder, refuses_everything_else) {
    for (const Code& code : std::vector<Code>{
             {0x8b, 0x07},              // a load
             {0x89, 0xc8},              // between registers
             {0x88, 0x27},              // ah
             {0x88, 0x3f},              // bh
             {0xc6, 0x0f, 0x00},        // c6 /1
             {0xc7, 0xf8, 0, 0, 0, 0},  // xbegin
             {0x65, 0x89, 0x07},        // gs:
             {0x2e, 0x89, 0x07},        // cs:
             {0x67, 0x89, 0x07},        // 32-bit address
             {0xf0, 0x89, 0x07},        // lock
             {0xf2, 0xa4},              // repne
             {0xf3, 0x89, 0x07},        // xrelease
             {0x87, 0x07},              // xchg
             {0x01, 0x07},              // add
             {0x0f, 0x11, 0x07},        // movups
             {0xa3, 0, 0, 0, 0, 0, 0, 0, 0},
             Code(15, 0x66),
             Code(20, 0x40),
         }) {
        EXPECT_EQ(decode(code), fail(Error::Refused)) << +code[0];
    }
    Code longest(13, 0x66);
    longest.insert(longest.end(), {0x89, 0x07});
    EXPECT_TRUE(decode(longest).has_value());
    longest.insert(longest.begin(), 0x66);
    EXPECT_EQ(decode(longest), fail(Error::Refused));
}

TEST(StoreDecoder, refuses_strings_that_run_downwards) {
    EXPECT_EQ(decode({0xf3, 0xa4}, true), fail(Error::Refused));
    EXPECT_EQ(decode({0xaa}, true), fail(Error::Refused));
    EXPECT_TRUE(decode({0x89, 0x07}, true).has_value());
}

TEST(StoreDecoder, moves_registers_on) {
    GeneralRegisters after = registers();
    advance_registers(after, *decode({0xf3, 0x48, 0xa5}), 3);
    EXPECT_EQ(after[7], reg(7) + 24);
    EXPECT_EQ(after[6], reg(6) + 24);
    EXPECT_EQ(after[1], reg(1) - 3);
    after = registers();
    advance_registers(after, *decode({0xaa}), 1);
    EXPECT_EQ(after[7], reg(7) + 1);
    EXPECT_EQ(after[6], reg(6));
    EXPECT_EQ(after[1], reg(1));
    after = registers();
    advance_registers(after, *decode({0x89, 0x07}), 1);
    EXPECT_EQ(after, registers());
}

}  // namespace
}  // namespace policies
