// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/text_write.cpp vtl1/intercept/vtl0_store.cpp
// test-with: vtl1/intercept/patch_state.cpp vtl1/intercept/patchable_text.cpp
// test-with: vtl1/intercept/trampoline_table.cpp policies/ftrace_trampoline.cpp
// test-with: policies/text_poke.cpp policies/text_site.cpp
// test-with: policies/table_check.cpp policies/kernel_image.cpp policies/store_decoder.cpp
// test-with: selftests/host/store_machine.cpp selftests/host/lock_ranks.cpp
// test-with: selftests/host/panic.cpp
#include "vtl1/intercept/text_write.h"

#include <gtest/gtest.h>

#include "hvcall/abi/tlfs_register.h"
#include "selftests/host/manifest_tables.h"
#include "selftests/host/store_machine.h"

namespace vtl1 {
namespace {

using policies::PokeVerdict;
using enum policies::PokeVerdict;
using Code = std::vector<u8>;

constexpr u64 code_page = 0x100;
constexpr u64 data_page = 0x200;
constexpr Gva code{0xffff'ffff'8200'0f00};
constexpr Gva data{0xffff'8880'0020'0000};
constexpr Gva poking{0x5000'0000};  // where the first page of the image is mapped
constexpr u32 traced = 0x100;
constexpr u32 crossing = 0xffd;  // three bytes in its first page
constexpr u64 link_base = 0xffff'ffff'8100'0000;
const Code nop{0x0f, 0x1f, 0x44, 0x00, 0x00};

class TextWriteTest : public testing::Test {
protected:
    TextWriteTest() {
        machine = Machine{};
        made_.image_bytes = 0x3000;
        made_.targets = {{1, 0x2000}};
        made_.sites = {{traced, MANIFEST_SITE_FTRACE, 5, 0, 1},
                       {crossing, MANIFEST_SITE_FTRACE, 5, 0, 1}};
        for (u64 i = 0; i < 3; ++i) {
            machine.memory[image_page + i] = PageBytes{};
            machine.pages[poking.page_number() + i] = image_page + i;
        }
        machine.memory[code_page] = PageBytes{};
        machine.memory[data_page] = PageBytes{};
        machine.pages[code.page_number()] = code_page;
        machine.pages[data.page_number()] = data_page;
        put_text(traced, nop);
        put_text(crossing, nop);
        before_ = text_write_counts();
        patch_state.lock()->trampolines = {};
    }

    /// A call to 0x2000.
    static Code call_from(u32 offset) {
        const u32 distance = 0x2000 - offset - 5;
        return {0xe8, static_cast<u8>(distance), static_cast<u8>(distance >> 8), 0, 0};
    }

    static std::byte& byte_at(u64 page, u64 offset) {
        return machine.memory[page + offset / page_size][offset % page_size];
    }

    static void put(u64 page, u64 offset, const Code& bytes) {
        for (usize i = 0; i < bytes.size(); ++i) {
            byte_at(page, offset + i) = std::byte{bytes[i]};
        }
    }

    static void put_text(u32 offset, const Code& bytes) { put(image_page, offset, bytes); }

    static Code text(u32 offset, usize count = 5) {
        Code bytes;
        for (usize i = 0; i < count; ++i) {
            bytes.push_back(std::to_integer<u8>(byte_at(image_page, offset + i)));
        }
        return bytes;
    }

    /// VTL0 is stopped at an instruction, by one of the image's pages.
    Result<TextWrite> run_at(Gva rip, u64 stopped_page = image_page) {
        machine.registers[TLFS_REG_RIP] = rip.raw();
        const auto image = base::must(policies::check_tables(made_.tables()));
        const policies::KernelText text{.image = image, .trampolines = {}};
        return apply_text_write(
            port(), frame_, {.access = Access::Write, .gpa = Gpa::of_page(stopped_page), .rip = 0},
            {.text = text, .first = Gpa::of_page(image_page)});
    }

    Result<TextWrite> run(const Code& instruction, u64 stopped_page = image_page) {
        put(code_page, code.page_offset(), instruction);
        return run_at(code, stopped_page);
    }

    /// mov %cl,(%rdi)
    Result<TextWrite> store_byte(u32 offset, u8 value) {
        frame_.rdi = poking.raw() + offset;
        frame_.rcx = value;
        return run({0x88, 0x0f}, image_page + offset / page_size);
    }

    u64 moved() const { return machine.registers[TLFS_REG_RIP] - code.raw(); }

    u64 count_of(PokeVerdict verdict) const {
        const auto index = static_cast<usize>(verdict);
        return text_write_counts()[index] - before_[index];
    }

    host::ManifestTables made_;
    EntryFrame frame_{};
    TextWriteCounts before_{};
};

TEST_F(TextWriteTest, memcpys_stores_patch_a_site) {
    const Code call = call_from(traced);
    EXPECT_EQ(store_byte(traced, 0xcc)->verdict, Write);
    EXPECT_EQ(moved(), 2U);

    // mov %r8d,-4(%rdi,%rdx,1)
    frame_.rdi = poking.raw() + traced + 1;
    frame_.rdx = 4;
    frame_.r8 = u32{call[1]} | u32{call[2]} << 8;
    const auto tail = run({0x44, 0x89, 0x44, 0x17, 0xfc});
    ASSERT_TRUE(tail.has_value());
    EXPECT_EQ(tail->offset, traced + 1);
    EXPECT_EQ(tail->size_bytes, 4U);
    EXPECT_EQ(moved(), 5U);
    EXPECT_EQ(run({0x44, 0x89, 0x44, 0x17, 0xfc})->verdict, Unchanged);
    EXPECT_EQ(moved(), 5U);

    EXPECT_EQ(store_byte(traced, 0xe8)->verdict, Write);
    EXPECT_EQ(text(traced), call);
    EXPECT_EQ(count_of(Write), 3U);
    EXPECT_EQ(count_of(Unchanged), 1U);
}

TEST_F(TextWriteTest, called_trampoline_is_looked_at_first) {
    machine.trampoline = Gva{0xffff'ffff'c000'0000};
    const auto tail_to = [&](Gva callee) {
        frame_.rax = static_cast<u32>(callee.raw() - (link_base + traced + 5));
        frame_.rdi = poking.raw() + traced + 1;
        return run({0x89, 0x07})->verdict;  // mov %eax,(%rdi)
    };
    EXPECT_EQ(store_byte(traced, 0xcc)->verdict, Write);
    EXPECT_EQ(tail_to(Gva{machine.trampoline.raw() + page_size}), BadTail);
    EXPECT_EQ(text(traced + 1, 4), Code(nop.begin() + 1, nop.end()));
    EXPECT_EQ(tail_to(machine.trampoline), Write);
    EXPECT_EQ(store_byte(traced, 0xe8)->verdict, Write);
    EXPECT_EQ(machine.looked_at.size(), 2U);
    EXPECT_EQ(tail_to(machine.trampoline), Unchanged);
    EXPECT_EQ(machine.looked_at.size(), 2U) << "it is known by now";
}

TEST_F(TextWriteTest, denied_store_changes_nothing) {
    EXPECT_EQ(store_byte(traced, 0xe8)->verdict, NotStopped);
    EXPECT_EQ(store_byte(0x80, 0x90)->verdict, NoSite);
    EXPECT_EQ(store_byte(0x80, 0xcc)->verdict, Probe);
    frame_.rax = 1;
    EXPECT_EQ(run({0xaa})->verdict, NoSite);
    EXPECT_EQ(moved(), 0U);
    EXPECT_EQ(frame_.rdi, poking.raw() + 0x80);
    EXPECT_EQ(text(traced), nop);
    EXPECT_EQ(text(0x80), Code(5, 0));
    EXPECT_EQ(count_of(NoSite), 2U);
}

TEST_F(TextWriteTest, rep_movsb_over_the_end_of_a_page_is_one_store) {
    const Code call = call_from(crossing);
    put(data_page, 0, call);
    ASSERT_EQ(store_byte(crossing, 0xcc)->verdict, Write);
    frame_.rdi = poking.raw() + crossing + 1;
    frame_.rsi = data.raw() + 1;
    frame_.rcx = 4;
    ASSERT_EQ(run({0xf3, 0xa4})->verdict, Write);
    EXPECT_EQ(moved(), 2U);
    EXPECT_EQ(frame_.rcx, 0U);
    EXPECT_EQ(frame_.rdi, poking.raw() + crossing + 5);
    EXPECT_EQ(frame_.rsi, data.raw() + 5);
    ASSERT_EQ(store_byte(crossing, 0xe8)->verdict, Write);
    EXPECT_EQ(text(crossing), call);
}

TEST_F(TextWriteTest, mov_over_the_end_of_a_page_is_one_store_whichever_page_was_stopped) {
    const Code call = call_from(crossing);
    for (const u64 page : {image_page, image_page + 1}) {
        put_text(crossing, {0xcc, nop[1], nop[2], nop[3], nop[4]});
        frame_.rdi = poking.raw() + crossing + 1;
        frame_.rcx = u32{call[1]} | u32{call[2]} << 8;
        ASSERT_EQ(run({0x89, 0x0f}, page)->verdict, Write);
        EXPECT_EQ(text(crossing + 1, 4), (Code{call[1], call[2], 0, 0}));
    }
    EXPECT_FALSE(run({0x89, 0x0f}, image_page + 2).has_value());
}

TEST_F(TextWriteTest, pages_that_do_not_follow_each_other_are_refused) {
    put_text(crossing, {0xcc, nop[1], nop[2], nop[3], nop[4]});
    frame_.rdi = poking.raw() + crossing + 1;
    for (const u64 other : {image_page, image_page + 2, data_page}) {
        machine.pages[poking.page_number() + 1] = other;
        EXPECT_EQ(run({0x89, 0x0f}).error(), Error::BadAddress);
    }
    machine.pages.erase(poking.page_number() + 1);
    EXPECT_FALSE(run({0x89, 0x0f}).has_value());
    EXPECT_EQ(moved(), 0U);
}

TEST_F(TextWriteTest, the_page_that_was_stopped_is_the_one_written) {
    frame_.rdi = data.raw();
    EXPECT_EQ(run({0x88, 0x0f}).error(), Error::BadAddress);
    frame_.rdi = poking.raw() + page_size;
    EXPECT_EQ(run({0x88, 0x0f}).error(), Error::BadAddress);
    EXPECT_EQ(run({0x88, 0x0f}, image_page - 1).error(), Error::NotFound);
    EXPECT_EQ(run({0x88, 0x0f}, image_page + 3).error(), Error::NotFound);
    EXPECT_EQ(run({0x88, 0x0f}, 0).error(), Error::NotFound);
}

TEST_F(TextWriteTest, long_strings_go_in_pieces_within_a_page) {
    put(data_page, 0, text(0xfc0, 0x80));
    frame_.rdi = poking.raw() + 0xfd0;
    frame_.rsi = data.raw() + 0x10;
    frame_.rcx = 0x1000;
    const auto first = run({0xf3, 0xa4});
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->verdict, Unchanged);
    EXPECT_EQ(first->size_bytes, 0x30U) << "up to the end of the page";
    EXPECT_EQ(moved(), 0U);
    EXPECT_EQ(frame_.rcx, 0xfd0U);
    EXPECT_EQ(frame_.rdi, poking.raw() + 0x1000);
    EXPECT_EQ(frame_.rsi, data.raw() + 0x40);
    const auto second = run({0xf3, 0xa4}, image_page + 1);
    ASSERT_TRUE(second.has_value());
    EXPECT_EQ(second->size_bytes, 0x40U);
    EXPECT_EQ(frame_.rcx, 0xf90U);

    frame_.rcx = ~u64{0};
    frame_.rdi = poking.raw() + 0x1ffc;
    EXPECT_EQ(run({0xf3, 0x48, 0xab}, image_page + 1)->size_bytes, 8U) << "one element at least";
    frame_.rcx = 0;
    EXPECT_EQ(run({0xf3, 0xa4}, image_page + 1).error(), Error::Refused);
}

TEST_F(TextWriteTest, stos_writes_its_register_over_and_over) {
    frame_.rdi = poking.raw() + 0x200;
    frame_.rax = 0x0100;
    frame_.rcx = 3;
    ASSERT_EQ(run({0x66, 0xf3, 0xab})->verdict, NoSite);
    put_text(0x200, {0, 1, 0, 1, 0, 1});
    EXPECT_EQ(run({0x66, 0xf3, 0xab})->verdict, Unchanged);
    EXPECT_EQ(frame_.rdi, poking.raw() + 0x206);
    EXPECT_EQ(frame_.rcx, 0U);
}

// VTL0 swaps the bytes for others as soon as VTL1 has read them.
TEST_F(TextWriteTest, source_and_code_are_read_once) {
    put(data_page, 0, {0xcc});
    machine.after_read = [](u64 page) {
        if (page == data_page) {
            put(data_page, 0, {0xe9});
        } else {
            put(code_page, code.page_offset(), {0xaa});
        }
    };
    frame_.rdi = poking.raw() + traced;
    frame_.rsi = data.raw();
    EXPECT_EQ(run({0xa4})->verdict, Write);
    EXPECT_EQ(text(traced, 1), Code{0xcc});
    EXPECT_EQ(machine.reads[data_page], 1);
    EXPECT_EQ(machine.reads[code_page], 1);
}

TEST_F(TextWriteTest, what_cannot_be_read_is_refused) {
    frame_.rdi = poking.raw() + traced;
    frame_.rsi = data.raw() + page_size;
    EXPECT_FALSE(run({0xa4}).has_value());
    frame_.rsi = 0xffff'8000'0000'0000;
    EXPECT_FALSE(run({0xa4}).has_value());
    EXPECT_EQ(run({0x90}).error(), Error::Refused);
    machine.registers[TLFS_REG_RFLAGS] = 0x400;
    EXPECT_EQ(run({0xaa}).error(), Error::Refused) << "downwards";
    machine.pages.erase(code.page_number());
    EXPECT_FALSE(run({0x88, 0x0f}).has_value());
    EXPECT_EQ(moved(), 0U);
}

TEST_F(TextWriteTest, instruction_may_end_with_its_page) {
    frame_.rdi = poking.raw() + traced;
    frame_.rcx = 0xcc;
    put(code_page, 0xffe, {0x88, 0x0f});
    const Gva last_two{code.page().raw() + 0xffe};
    EXPECT_EQ(run_at(last_two)->verdict, Write);
    EXPECT_EQ(machine.registers[TLFS_REG_RIP], last_two.raw() + 2);

    put(code_page, 0xfff, {0x88});
    const Gva last{code.page().raw() + 0xfff};
    EXPECT_EQ(run_at(last).error(), Error::BadArgument);
    machine.pages[code.page_number() + 1] = data_page;
    put(data_page, 0, {0x0f});
    EXPECT_EQ(run_at(last)->verdict, Unchanged);
}

TEST_F(TextWriteTest, address_may_come_from_rsp_and_rip) {
    machine.registers[TLFS_REG_RSP] = poking.raw() + traced;
    EXPECT_EQ(run({0xc6, 0x04, 0x24, 0xcc})->verdict, Write);
    machine.pages[code.page_number() + 1] = image_page;
    EXPECT_EQ(run({0xc6, 0x05, 0xf9, 0x01, 0x00, 0x00, 0x0f})->verdict, Write);
    EXPECT_EQ(text(traced), nop);
}

TEST_F(TextWriteTest, can_be_tried_again_if_rip_does_not_move) {
    machine.refuses_writes = true;
    EXPECT_EQ(store_byte(traced, 0xcc).error(), Error::HypervisorFailed);
    EXPECT_EQ(moved(), 0U);
    machine.refuses_writes = false;
    EXPECT_EQ(store_byte(traced, 0xcc)->verdict, Unchanged);
    EXPECT_EQ(moved(), 2U);
}

}  // namespace
}  // namespace vtl1
