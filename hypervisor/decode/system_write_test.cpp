// SPDX-License-Identifier: MIT
// test-with: hypervisor/decode/system_write.cpp hypervisor/decode/instruction.cpp
// test-with: selftests/host/panic.cpp
#include "hypervisor/decode/system_write.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace hypervisor {
namespace {

using base::Error;
using Kind = SystemWrite::Kind;
using enum CodeSize;

using Code = std::vector<u8>;
constexpr u8 none = MemoryOperand::no_register;

SystemWrite mov(u8 length, u8 control_register, u8 source) {
    return {.kind = Kind::MovToControl,
            .length = length,
            .control_register = control_register,
            .source = source};
}

SystemWrite plain(Kind kind, u8 length, u8 source = 0) {
    return {.kind = kind, .length = length, .source = source};
}

SystemWrite with(Kind kind, u8 length, const MemoryOperand& memory) {
    return {.kind = kind, .length = length, .memory = memory};
}

struct Case {
    const char* text;
    CodeSize size;
    Code code;
    SystemWrite expected;
};

// The texts are what GNU objdump makes of the bytes.
std::vector<Case> cases_of_registers() {
    return {
        {"mov %rax,%cr0", Code64, {0x0f, 0x22, 0xc0}, mov(3, 0, 0)},
        {"mov %rdi,%cr4", Code64, {0x0f, 0x22, 0xe7}, mov(3, 4, 7)},
        {"mov %r15,%cr4", Code64, {0x41, 0x0f, 0x22, 0xe7}, mov(4, 4, 15)},
        {"mov %rax,%cr8", Code64, {0x44, 0x0f, 0x22, 0xc0}, mov(4, 8, 0)},
        {"mov %r9,%cr8", Code64, {0x45, 0x0f, 0x22, 0xc1}, mov(4, 8, 9)},
        {"mov %rdx,%cr3", Code64, {0x0f, 0x22, 0xda}, mov(3, 3, 2)},
        {"mod of MOV CRn means nothing", Code64, {0x0f, 0x22, 0x04}, mov(3, 0, 4)},
        {"nor do prefixes", Code64, {0x66, 0x67, 0xf2, 0x2e, 0x48, 0x0f, 0x22, 0xc3}, mov(8, 0, 3)},
        {"mov %eax,%cr0", Code32, {0x0f, 0x22, 0xc0}, mov(3, 0, 0)},
        {"mov %ecx,%cr4 in 16 bits", Code16, {0x0f, 0x22, 0xe1}, mov(3, 4, 1)},
        {"clts", Code64, {0x0f, 0x06}, plain(Kind::Clts, 2)},
        {"clts with REX", Code64, {0x4f, 0x0f, 0x06}, plain(Kind::Clts, 3)},
        {"lmsw %ax", Code64, {0x0f, 0x01, 0xf0}, plain(Kind::Lmsw, 3)},
        {"lmsw %r11w", Code64, {0x41, 0x0f, 0x01, 0xf3}, plain(Kind::Lmsw, 4, 11)},
        {"lldt %bx", Code64, {0x0f, 0x00, 0xd3}, plain(Kind::Lldt, 3, 3)},
        {"ltr %r8w", Code64, {0x41, 0x0f, 0x00, 0xd8}, plain(Kind::Ltr, 4, 8)},
        {"xsetbv", Code64, {0x0f, 0x01, 0xd1}, plain(Kind::Xsetbv, 3)},
        {"xsetbv with REX.B", Code64, {0x41, 0x0f, 0x01, 0xd1}, plain(Kind::Xsetbv, 4)},
        {"wrmsr", Code64, {0x0f, 0x30}, plain(Kind::Wrmsr, 2)},
        {"wrmsr with REX", Code64, {0x48, 0x0f, 0x30}, plain(Kind::Wrmsr, 3)},
    };
}

std::vector<Case> cases_of_addresses() {
    return {
        {"lgdt (%rax)", Code64, {0x0f, 0x01, 0x10}, with(Kind::Lgdt, 3, {.base = 0})},
        {"lidt 8(%r9)",
         Code64,
         {0x41, 0x0f, 0x01, 0x59, 0x08},
         with(Kind::Lidt, 5, {.displacement = 8, .base = 9})},
        {"lgdt -0x80(%rbp)",
         Code64,
         {0x0f, 0x01, 0x55, 0x80},
         with(Kind::Lgdt, 4, {.displacement = ~u64{0x7f}, .base = 5, .segment = Segment::Ss})},
        {"lgdt (%rsp)",
         Code64,
         {0x0f, 0x01, 0x14, 0x24},
         with(Kind::Lgdt, 4, {.base = 4, .segment = Segment::Ss})},
        {"lgdt (%r12)", Code64, {0x41, 0x0f, 0x01, 0x14, 0x24}, with(Kind::Lgdt, 5, {.base = 12})},
        {"lidt 0x12345678(%rip)",
         Code64,
         {0x0f, 0x01, 0x1d, 0x78, 0x56, 0x34, 0x12},
         with(Kind::Lidt, 7, {.displacement = 0x1234'5678, .is_rip_relative = true})},
        {"lidt -0x1000(%eip)",
         Code64,
         {0x67, 0x0f, 0x01, 0x1d, 0x00, 0xf0, 0xff, 0xff},
         with(Kind::Lidt, 8,
              {.displacement = ~u64{0xfff}, .is_rip_relative = true, .address_bytes = 4})},
        {"lgdt 0xffffffffff5fd000",
         Code64,
         {0x0f, 0x01, 0x14, 0x25, 0x00, 0xd0, 0x5f, 0xff},
         with(Kind::Lgdt, 8, {.displacement = 0xffff'ffff'ff5f'd000})},
        {"lgdt 0x10(%rax,%r12,8)",
         Code64,
         {0x42, 0x0f, 0x01, 0x54, 0xe0, 0x10},
         with(Kind::Lgdt, 6, {.displacement = 0x10, .base = 0, .index = 12, .scale = 3})},
        {"lgdt 0x100(,%rcx,2)",
         Code64,
         {0x0f, 0x01, 0x14, 0x4d, 0, 1, 0, 0},
         with(Kind::Lgdt, 8, {.displacement = 0x100, .index = 1, .scale = 1})},
        {"ltr %gs:(%rdi)",
         Code64,
         {0x65, 0x0f, 0x00, 0x1f},
         with(Kind::Ltr, 4, {.base = 7, .segment = Segment::Gs})},
        {"a cs prefix means nothing",
         Code64,
         {0x2e, 0x0f, 0x00, 0x17},
         with(Kind::Lldt, 4, {.base = 7})},
        {"nor after an fs prefix",
         Code64,
         {0x64, 0x2e, 0x0f, 0x00, 0x17},
         with(Kind::Lldt, 5, {.base = 7, .segment = Segment::Fs})},
        {"lmsw (%rbx)", Code64, {0x0f, 0x01, 0x33}, with(Kind::Lmsw, 3, {.base = 3})},
    };
}

std::vector<Case> cases_of_other_modes() {
    return {
        {"lgdt %cs:0x12345678",
         Code32,
         {0x2e, 0x0f, 0x01, 0x15, 0x78, 0x56, 0x34, 0x12},
         with(Kind::Lgdt, 8,
              {.displacement = 0x1234'5678, .segment = Segment::Cs, .address_bytes = 4})},
        {"lidt (%ebp,%eax,4)",
         Code32,
         {0x0f, 0x01, 0x5c, 0x85, 0x00},
         with(Kind::Lidt, 5,
              {.base = 5, .index = 0, .scale = 2, .segment = Segment::Ss, .address_bytes = 4})},
        {"lgdt 0x1234 in 16 bits",
         Code16,
         {0x0f, 0x01, 0x16, 0x34, 0x12},
         with(Kind::Lgdt, 5, {.displacement = 0x1234, .address_bytes = 2})},
        {"lgdt %cs:-2(%bp,%si)",
         Code16,
         {0x2e, 0x0f, 0x01, 0x52, 0xfe},
         with(Kind::Lgdt, 5,
              {.displacement = ~u64{1},
               .base = 5,
               .index = 6,
               .segment = Segment::Cs,
               .address_bytes = 2})},
        {"lidt 0x8000(%bp)",
         Code16,
         {0x0f, 0x01, 0x9e, 0x00, 0x80},
         with(Kind::Lidt, 5,
              {.displacement = ~u64{0x7fff},
               .base = 5,
               .segment = Segment::Ss,
               .address_bytes = 2})},
        {"lmsw (%bx,%di)",
         Code16,
         {0x0f, 0x01, 0x31},
         with(Kind::Lmsw, 3, {.base = 3, .index = 7, .address_bytes = 2})},
        {"lmsw (%bx) in 32-bit code",
         Code32,
         {0x67, 0x0f, 0x01, 0x37},
         with(Kind::Lmsw, 4, {.base = 3, .address_bytes = 2})},
        {"lgdtl (%eax) in 16-bit code",
         Code16,
         {0x67, 0x66, 0x0f, 0x01, 0x10},
         with(Kind::Lgdt, 5, {.base = 0, .address_bytes = 4})},
    };
}

std::vector<Case> cases() {
    std::vector<Case> all = cases_of_registers();
    for (const auto& more : {cases_of_addresses(), cases_of_other_modes()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

TEST(SystemWrite, knows_each_form) {
    for (const Case& c : cases()) {
        const auto write = decode_system_write(c.code, c.size);
        ASSERT_TRUE(write.has_value()) << c.text;
        EXPECT_EQ(*write, c.expected) << c.text;
        EXPECT_EQ(write->length, c.code.size()) << c.text;
    }
}

TEST(SystemWrite, what_follows_changes_nothing) {
    for (const Case& c : cases()) {
        for (const u8 filler : {u8{0x00}, u8{0xff}, u8{0x66}}) {
            Code code = c.code;
            code.resize(32, filler);
            EXPECT_EQ(decode_system_write(code, c.size), c.expected) << c.text;
        }
    }
}

TEST(SystemWrite, a_missing_byte_is_not_guessed) {
    for (const Case& c : cases()) {
        for (usize length = 0; length < c.code.size(); ++length) {
            const auto write = decode_system_write(std::span{c.code}.first(length), c.size);
            ASSERT_FALSE(write.has_value()) << c.text << ", " << length;
            EXPECT_EQ(write.error(), Error::BadArgument) << c.text << ", " << length;
        }
    }
}

TEST(SystemWrite, all_else_is_refused) {
    const auto is_refused = [](Code code) {
        code.resize(15, 0);
        return decode_system_write(code, Code64) == base::fail(Error::Refused);
    };
    for (unsigned opcode = 2; opcode < 256; ++opcode) {
        if (opcode != 0x06 && opcode != 0x22 && opcode != 0x30) {
            EXPECT_TRUE(is_refused({0x0f, static_cast<u8>(opcode), 0xc0})) << opcode;
        }
    }
    for (const unsigned reg : {0U, 1U, 4U, 5U, 6U, 7U}) {
        EXPECT_TRUE(is_refused({0x0f, 0x00, static_cast<u8>(reg << 3)})) << reg;
    }
    for (const unsigned reg : {0U, 1U, 4U, 5U, 7U}) {
        EXPECT_TRUE(is_refused({0x0f, 0x01, static_cast<u8>(reg << 3)})) << reg;
    }
    // Register forms of LGDT and LIDT are other instructions, all but XSETBV.
    for (unsigned modrm = 0xd0; modrm < 0xe0; ++modrm) {
        EXPECT_EQ(is_refused({0x0f, 0x01, static_cast<u8>(modrm)}), modrm != 0xd1) << modrm;
    }
    EXPECT_TRUE(is_refused({0x22, 0xc0}));
    EXPECT_TRUE(is_refused({0xf0, 0x0f, 0x22, 0xc0})) << "AltMovCr8";
    EXPECT_TRUE(is_refused(Code(15, 0x66)));
}

TEST(SystemWrite, survives_random_bytes) {
    constexpr std::array<u8, 12> likely{0x0f, 0x0f, 0x0f, 0x22, 0x00, 0x01,
                                        0x06, 0x48, 0x66, 0x67, 0x65, 0x24};
    std::mt19937 random{1};
    for (int round = 0; round < 200'000; ++round) {
        Code code(random() % 17);
        for (u8& byte : code) {
            const bool is_likely = random() % 2 == 0;
            byte = is_likely ? likely.at(random() % likely.size()) : static_cast<u8>(random());
        }
        const auto write = decode_system_write(code, static_cast<CodeSize>(random() % 3));
        if (write.has_value()) {
            ASSERT_LE(write->length, std::min<usize>(code.size(), 15));
            ASSERT_GE(write->length, 2);
            ASSERT_LT(write->source, 16);
            ASSERT_LT(write->control_register, 16);
            if (const auto& memory = write->memory) {
                ASSERT_TRUE(memory->base < 16 || memory->base == none);
                ASSERT_TRUE(memory->index < 16 || memory->index == none);
                ASSERT_LT(memory->scale, 4);
            }
        }
    }
}

}  // namespace
}  // namespace hypervisor
