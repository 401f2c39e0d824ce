// SPDX-License-Identifier: MIT
// test-with: policies/ftrace_trampoline.cpp policies/text_poke.cpp policies/text_site.cpp
// test-with: policies/table_check.cpp policies/kernel_image.cpp selftests/host/panic.cpp
#include "policies/ftrace_trampoline.h"

#include <gtest/gtest.h>

#include "selftests/host/manifest_tables.h"

namespace policies {
namespace {

using Bytes = std::vector<u8>;

constexpr u64 slide = 0x200'0000;
constexpr u64 start = 0xffff'ffff'8100'0000 + slide;
constexpr Gva address{0xffff'ffff'c020'0000};
constexpr u32 begin = 0x100;
constexpr u32 size = 0x40;
constexpr u32 operand = 0x10;  // from the beginning, as the following
constexpr u32 call = 0x20;
constexpr u32 jump = 0x30;
constexpr u32 tracer = 0x800;
constexpr u32 thunk = 0x900;
constexpr u32 ops = 0x8010;  // of the image, behind its text

host::ManifestTables one_image() {
    host::ManifestTables made;
    made.regions = {{MANIFEST_REGION_TEXT, 0, 8, 0}};
    made.digests = Bytes(usize{8} * MANIFEST_DIGEST_BYTES);
    made.symbols = {{MANIFEST_SYMBOL_FTRACE_CALLER, begin},
                    {MANIFEST_SYMBOL_FTRACE_CALLER_OPS, begin + operand},
                    {MANIFEST_SYMBOL_FTRACE_CALLER_CALL, begin + call},
                    {MANIFEST_SYMBOL_FTRACE_CALLER_END, begin + size},
                    {MANIFEST_SYMBOL_FTRACE_REGS_CALLER, begin},
                    {MANIFEST_SYMBOL_FTRACE_REGS_CALLER_OPS, begin + operand},
                    {MANIFEST_SYMBOL_FTRACE_REGS_CALLER_CALL, begin + call},
                    {MANIFEST_SYMBOL_FTRACE_REGS_CALLER_END, begin + size},
                    {MANIFEST_SYMBOL_FTRACE_REGS_CALLER_JUMP, begin + jump}};
    made.targets = {{1, tracer}, {2, thunk}, {3, tracer}};
    made.sites = {{begin + call, MANIFEST_SITE_FTRACE_CORE, 5, 0, 1},
                  {begin + size, MANIFEST_SITE_RETURN, 5, 0, 2},
                  {0x400, MANIFEST_SITE_FTRACE, 5, 0, 3}};
    return made;
}

void put32(Bytes& bytes, usize place, u64 value) {
    for (usize i = 0; i < 4; ++i) {
        bytes[place + i] = static_cast<u8>(value >> (8 * i));
    }
}

class FtraceTrampoline : public testing::Test {
protected:
    FtraceTrampoline() {
        for (usize i = 0; i < size; ++i) {
            original_[i] = static_cast<u8>(0x40 + i);
        }
        original_[operand] = 0x48;
        original_[operand + 1] = 0x8b;
        original_[operand + 2] = 0x15;
        original_[jump] = 0x75;
        original_[jump + 1] = 0x20;
        std::ranges::copy(original_, page_.begin());
        put32(page_, operand + 3, size + 5 - operand - 7);
        page_[call] = 0xe8;
        lead(call, tracer);
        page_[size] = 0xc3;
        page_[size + 1] = 0xcc;
        put32(page_, size + 5, start + ops);
        put32(page_, size + 9, 0xffff'ffff);
    }

    /// Makes the branch at a place lead to an offset in the image.
    void lead(usize place, u64 offset) {
        put32(page_, place + 1, start + offset - (address.raw() + place + 5));
    }

    void turn_jump_off() {
        page_[jump] = 0x66;
        page_[jump + 1] = 0x90;
    }

    bool is_explained(TrampolineKind kind = TrampolineKind::Plain, Gva at = address) const {
        const KernelImage image = base::must(check_tables(made_.tables()));
        const KernelText text{.image = image, .slide = slide, .trampolines = {}};
        return is_trampoline(text, base::must(trampoline_template(image, kind)), original_,
                             {.address = at, .bytes = std::as_bytes(std::span{page_})});
    }

    std::optional<Gva> callee(const Bytes& before, u32 offset, const Bytes& bytes) const {
        const KernelImage image = base::must(check_tables(made_.tables()));
        const KernelText text{.image = image, .slide = slide, .trampolines = {}};
        const Bytes current{
            before.begin() + (offset - 0x400),
            before.begin() + (offset - 0x400) + static_cast<std::ptrdiff_t>(bytes.size())};
        return callee_of_poke(text, base::must(image.find_site(0x400)), before,
                              {.offset = offset, .bytes = bytes, .current = current});
    }

    host::ManifestTables made_ = one_image();
    Bytes original_ = Bytes(size);
    Bytes page_ = Bytes(page_size);
};

TEST_F(FtraceTrampoline, copy_is_explained) {
    EXPECT_TRUE(is_explained());
    EXPECT_FALSE(is_explained(TrampolineKind::WithRegisters)) << "its jump is there";
    turn_jump_off();
    EXPECT_TRUE(is_explained(TrampolineKind::WithRegisters));
    EXPECT_FALSE(is_explained());
}

TEST_F(FtraceTrampoline, no_byte_may_differ) {
    for (usize i = 0; i < page_size; ++i) {
        const bool may_be_anything = i >= size + 5 && i < size + 9;  // low half of the pointer
        const u8 good = page_[i];
        for (const u8 change : {u8{0x01}, u8{0x80}, u8{0x10}}) {
            page_[i] = static_cast<u8>(good ^ change);
            EXPECT_TRUE(may_be_anything || !is_explained()) << i << " " << int{change};
        }
        page_[i] = good;
    }
    EXPECT_TRUE(is_explained());
}

TEST_F(FtraceTrampoline, call_leads_to_a_tracer) {
    lead(call, tracer + 1);
    EXPECT_FALSE(is_explained());
    lead(call, thunk);
    EXPECT_FALSE(is_explained());
    lead(call, tracer);
    EXPECT_TRUE(is_explained());
    EXPECT_FALSE(is_explained(TrampolineKind::Plain, Gva{address.raw() + page_size}))
        << "from elsewhere it leads elsewhere";
}

TEST_F(FtraceTrampoline, call_may_be_on_its_way) {
    page_[call] = 0xcc;
    EXPECT_TRUE(is_explained());
    lead(call, thunk);
    EXPECT_FALSE(is_explained());
    lead(call, tracer);
    page_[call] = 0xe9;
    EXPECT_FALSE(is_explained());
}

TEST_F(FtraceTrampoline, return_is_one_of_the_sites) {
    page_[size] = 0xe9;
    lead(size, thunk);
    EXPECT_TRUE(is_explained());
    lead(size, tracer);
    EXPECT_FALSE(is_explained());
}

TEST_F(FtraceTrampoline, pointer_leads_to_data_of_the_image) {
    const auto with_pointer = [&](u64 pointer) {
        put32(page_, size + 5, pointer);
        put32(page_, size + 9, pointer >> 32);
        return is_explained();
    };
    EXPECT_TRUE(with_pointer(start + 0x8000));
    EXPECT_FALSE(with_pointer(start + 0x7ff8)) << "text";
    EXPECT_FALSE(with_pointer(start + 0x8004)) << "not aligned";
    EXPECT_TRUE(with_pointer(start + made_.image_bytes - 8));
    EXPECT_FALSE(with_pointer(start + made_.image_bytes));
    EXPECT_FALSE(with_pointer(start - 8));
    EXPECT_FALSE(with_pointer(0xffff'8880'0123'4560)) << "allocated";
}

TEST_F(FtraceTrampoline, rest_of_the_page_is_empty) {
    std::fill(page_.begin() + size + 13, page_.end(), int3);
    EXPECT_TRUE(is_explained());
    page_.back() = 0xc3;
    EXPECT_FALSE(is_explained());
}

TEST_F(FtraceTrampoline, template_needs_all_symbols_in_order) {
    for (usize i = 0; i < made_.symbols.size(); ++i) {
        host::ManifestTables made = one_image();
        made.symbols.erase(made.symbols.begin() + static_cast<std::ptrdiff_t>(i));
        const KernelImage image = base::must(check_tables(made.tables()));
        const auto kind = i < 4 ? TrampolineKind::Plain : TrampolineKind::WithRegisters;
        EXPECT_EQ(trampoline_template(image, kind).error(), Error::NotFound) << i;
    }
    for (const u32 end : {begin + call + 4, begin - 1, begin + u32{trampoline_bytes_max} + 1}) {
        host::ManifestTables made = one_image();
        made.symbols[3].offset = end;
        const KernelImage image = base::must(check_tables(made.tables()));
        EXPECT_FALSE(trampoline_template(image, TrampolineKind::Plain).has_value()) << end;
    }
}

TEST_F(FtraceTrampoline, callee_outside_the_image_is_named) {
    const Bytes before{0xcc, 0x1f, 0x44, 0x00, 0x00};
    Bytes tail(4);
    put32(tail, 0, address.raw() - (start + 0x405));
    EXPECT_EQ(callee(before, 0x401, tail), address);
    put32(tail, 0, u64{tracer} - 0x405);
    EXPECT_EQ(callee(before, 0x401, tail), std::nullopt);
}

}  // namespace
}  // namespace policies
