// SPDX-License-Identifier: MIT
#include "selftests/vtl1/faults.h"

#include <array>
#include <bit>
#include <span>

#include "base/panic.h"
#include "base/types.h"
#include "vtl1/boot/image.h"
#include "vtl1/mm/pointer.h"

namespace selftest {

namespace {

using base::u64;
using base::u8;
using base::usize;

// SAFETY: of all assembler code and casts in this file: the purpose is to fail.

void write_byte(vtl1::Hva where) {
    asm volatile("movb $0, (%0)" : : "r"(where.raw()) : "memory");
}

/// Hides where a value comes from, so that the compiler cannot see what will happen.
template <class T>
T opaque(T value) {
    asm volatile("" : "+r"(value));
    return value;
}

constinit std::array<u8, 16> data{0xc3};  // RET

[[gnu::noinline]] u64 takes_nothing() {
    return opaque(u64{1});
}

[[gnu::noinline]] void overrun(usize size_bytes) {
    std::array<char, 16> buffer{};
    char* next = opaque(buffer.data());
#pragma clang unsafe_buffer_usage begin
    for (usize i = 0; i < size_bytes; ++i) {
        *next++ = 'A';
    }
#pragma clang unsafe_buffer_usage end
    static_cast<void>(opaque(buffer.data()));
}

}  // namespace

void null_dereference() {
    write_byte(vtl1::Hva{});
}

void write_text() {
    write_byte(vtl1::vp_entry());
}

void write_read_only_data() {
    write_byte(vtl1::read_only_after_boot().first);
}

void execute_data() {
    asm volatile("call *%0" : : "r"(&data) : "memory");
}

void stack_overflow() {
    asm volatile(
        "1: push %rax\n\t"
        "jmp 1b");
}

void wrong_function_type() {
    using WrongType = void (*)(u64);
    opaque(std::bit_cast<WrongType>(&takes_nothing))(1);
}

void stack_smash() {
    overrun(opaque(usize{64}));
}

void divide_error() {
    asm volatile(
        "xor %%edx, %%edx\n\t"
        "xor %%ecx, %%ecx\n\t"
        "mov $1, %%eax\n\t"
        "div %%ecx"
        :
        :
        : "rax", "rcx", "rdx");
}

void invalid_opcode() {
    asm volatile("ud2");
}

void panic() {
    base::panic("injected");
}

void index_out_of_range() {
    static_cast<void>(opaque(std::span{data}[opaque(data.size())]));
}

void machine_check() {
    asm volatile("int $18");
}

}  // namespace selftest
