// SPDX-License-Identifier: MIT
// test-with: policies/text_poke.cpp policies/text_site.cpp policies/table_check.cpp
// test-with: policies/kernel_image.cpp selftests/host/panic.cpp
#include "policies/text_poke.h"

#include <gtest/gtest.h>
#include <random>

#include "selftests/host/poke_model.h"

namespace policies {
namespace {

using host::Bytes;
using host::ManifestTables;
using host::PokedText;
using enum PokeVerdict;

constexpr u64 slide = 0x200'0000;
const std::vector<Gva> trampolines{Gva{0xffff'ffff'a000'0000}};

enum Site : usize {
    Values,
    Traced,
    GuardedSite,
    Label,
    Short,
    FrozenLabel,
    Call,
    Jump,
    Thunk,
    Core
};

ManifestTables one_of_each() {
    ManifestTables made;
    made.image_bytes = 0x1000;
    made.values = {0x48, 0x89, 0xc3, 0x90, 0x90, 0x90};
    made.targets = {{1, 0x800}, {1, 0x900}, {1, 0xa80}, {2, 0xb00}};
    made.keys = {{0xf00, MANIFEST_KEY_FREE}, {0xf10, MANIFEST_KEY_FROZEN}};
    made.sites = {{0x100, MANIFEST_SITE_VALUES, 3, 2, 0},
                  {0x110, MANIFEST_SITE_FTRACE, 5, 0, 1},
                  {0x115, MANIFEST_SITE_FTRACE, 5, MANIFEST_FTRACE_GUARDED, 1},
                  {0x11a, MANIFEST_SITE_JUMP_LABEL, 5, 0, 0xc00},
                  {0x120, MANIFEST_SITE_JUMP_LABEL, 2, 0, 0x140},
                  {0x130, MANIFEST_SITE_JUMP_LABEL, 5, 1, 0xc00},
                  {0x140, MANIFEST_SITE_STATIC_CALL, 5, 0, 1},
                  {0x150, MANIFEST_SITE_TRAMPOLINE, 6, 0, 1},
                  {0x160, MANIFEST_SITE_TRAMPOLINE, 5, 0, 1},
                  {0x170, MANIFEST_SITE_FTRACE_CORE, 5, 0, 2}};
    return made;
}

class TextPoke : public testing::Test {
protected:
    TextPoke() {
        for (usize i = 0; i < made_.sites.size(); ++i) {
            text_.set(i, text_.values(i)[0]);
        }
    }

    u32 offset_of(usize site) const { return made_.sites[site].offset; }

    PokeVerdict poke(usize site, u32 skip, const Bytes& bytes) {
        return text_.poke(offset_of(site) + skip, bytes);
    }

    static Bytes tail_of(const Bytes& value) { return {value.begin() + 1, value.end()}; }

    ManifestTables made_ = one_of_each();
    PokedText text_{made_, base::must(check_tables(made_.tables())), slide, trampolines};
};

TEST_F(TextPoke, three_rounds_lead_from_any_legal_value_to_any_other) {
    for (usize site = 0; site < made_.sites.size(); ++site) {
        if (text_.is_fixed(site)) {
            continue;
        }
        for (const Bytes& from : text_.values(site)) {
            for (const Bytes& to : text_.values(site)) {
                if (site == Jump && from[1] != to[1]) {
                    continue;
                }
                text_.set(site, from);
                EXPECT_TRUE(is_allowed(poke(site, 0, {int3})));
                EXPECT_TRUE(is_allowed(poke(site, 1, tail_of(to)))) << site;
                EXPECT_TRUE(is_allowed(poke(site, 0, {to[0]})));
                EXPECT_TRUE(std::ranges::equal(text_.bytes_of(site), to));
            }
        }
    }
}

TEST_F(TextPoke, breakpoint_may_be_taken_back) {
    EXPECT_EQ(poke(Traced, 0, {int3}), Write);
    EXPECT_EQ(poke(Traced, 0, {text_.values(Traced)[0][0]}), Write);
}

TEST_F(TextPoke, running_instruction_does_not_change_but_to_a_breakpoint) {
    const Bytes nop = text_.values(Traced)[1];
    text_.set(Traced, nop);
    const Bytes call = text_.values(Traced)[2];
    EXPECT_EQ(poke(Traced, 0, call), NotStopped);
    EXPECT_EQ(poke(Traced, 0, {call[0]}), NotStopped);
    EXPECT_EQ(poke(Traced, 1, tail_of(call)), NotStopped);
    Bytes both = call;
    both[0] = int3;
    EXPECT_EQ(poke(Traced, 0, both), NotStopped);
    both = nop;
    both[0] = int3;
    EXPECT_EQ(poke(Traced, 0, both), Write) << "the tail is what it was";
    EXPECT_EQ(poke(Traced, 0, call), NotStopped) << "first byte and tail at once";
}

TEST_F(TextPoke, tail_belongs_to_a_legal_value) {
    const Bytes call = text_.values(Traced)[2];
    const Bytes other = text_.values(Traced)[3];
    ASSERT_EQ(poke(Traced, 0, {int3}), Write);
    Bytes wrong = tail_of(call);
    wrong[0] ^= 1;
    EXPECT_EQ(poke(Traced, 1, wrong), BadTail);
    EXPECT_EQ(poke(Traced, 1, {call[1], call[2]}), BadTail) << "half a tail";
    ASSERT_EQ(poke(Traced, 1, tail_of(call)), Write);
    EXPECT_EQ(poke(Traced, 0, {0xe9}), BadValue) << "a jump";
    EXPECT_EQ(poke(Traced, 0, {0x0f}), BadValue) << "the NOP's first byte";
    EXPECT_EQ(poke(Traced, 1, tail_of(other)), Write);
}

TEST_F(TextPoke, conditional_jump_is_copied_by_two_moves_that_overlap) {
    // Targets whose distances differ in the last byte too: one lies before the site, one behind.
    made_.targets[0].offset = 0x100;
    PokedText text{made_, base::must(check_tables(made_.tables())), slide, trampolines};
    const Bytes from = text.values(Jump)[0];
    const Bytes to = text.values(Jump)[1];
    const u32 offset = offset_of(Jump);
    text.set(Jump, from);
    ASSERT_EQ(text.poke(offset, Bytes{int3}), Write);
    ASSERT_NE(from[5], to[5]);

    EXPECT_EQ(text.poke(offset + 1, Bytes{to[1], to[2], to[3], to[4]}), Write);
    EXPECT_EQ(text.poke(offset, Bytes{0x0f}), BadValue) << "half way";
    EXPECT_EQ(text.poke(offset + 5, Bytes{0x7f}), BadTail);
    Bytes third = text.values(Jump)[2];
    third[1] ^= 1;
    EXPECT_EQ(text.poke(offset + 1, Bytes{third[1], third[2], third[3], third[4], third[5]}),
              BadTail)
        << "another condition";
    EXPECT_EQ(text.poke(offset + 2, Bytes{to[2], to[3], to[4], to[5]}), Write);
    EXPECT_EQ(text.poke(offset, Bytes{0x0f}), Write);
}

TEST_F(TextPoke, half_way_is_not_gone_twice) {
    // Two before the site, whose last byte is 0xff, and one behind it.
    made_.targets = {{1, 0x20}, {1, 0x48}, {1, 0xa80}};
    PokedText text{made_, base::must(check_tables(made_.tables())), slide, trampolines};
    const auto& values = text.values(Jump);
    const u32 offset = offset_of(Jump);
    text.set(Jump, values[2]);
    ASSERT_EQ(text.poke(offset, Bytes{int3}), Write);
    ASSERT_EQ(text.poke(offset + 2, std::span{values[0]}.subspan(2, 3)), Write);
    EXPECT_EQ(text.poke(offset + 2, std::span{values[1]}.subspan(2, 3)), BadTail);
    EXPECT_EQ(text.poke(offset + 2, std::span{values[1]}.subspan(2, 4)), Write);
}

TEST_F(TextPoke, frozen_guarded_and_boot_only_sites_stay) {
    EXPECT_EQ(poke(FrozenLabel, 0, {int3}), Frozen);
    EXPECT_EQ(poke(GuardedSite, 0, {int3}), Guarded);
    EXPECT_EQ(poke(Values, 0, text_.values(Values)[1]), BootOnly);
    EXPECT_EQ(poke(Values, 1, {int3}), Probe);
}

TEST_F(TextPoke, bytes_outside_of_one_site_stay) {
    EXPECT_EQ(text_.poke(0x10, Bytes{1}), NoSite);
    EXPECT_EQ(text_.poke(0x10, Bytes{int3}), Probe);
    EXPECT_EQ(text_.poke(0x0fff, Bytes{0x33}), NoSite);
    Bytes both{text_.bytes_of(Traced).begin(), text_.bytes_of(Traced).end()};
    both.insert(both.end(), {int3});
    both[0] = int3;
    EXPECT_EQ(poke(Traced, 0, both), NoSite) << "two sites";
    EXPECT_EQ(poke(FrozenLabel, 4, {0, 1}), NoSite) << "behind a site";
    Bytes before{1};
    before.push_back(int3);
    EXPECT_EQ(text_.poke(offset_of(Traced) - 1, before), NoSite) << "before a site";
}

TEST_F(TextPoke, what_is_there_already_may_be_written) {
    const auto now = text_.bytes();
    EXPECT_EQ(text_.poke(0, Bytes{now.begin(), now.end()}), Unchanged);
    EXPECT_EQ(text_.poke(0x10, Bytes{}), Unchanged);
    Bytes around{now.begin() + 0x100, now.begin() + 0x180};
    around[0x10] = int3;
    EXPECT_EQ(text_.poke(0x100, around), Write) << "one byte differs, a legal one";
}

/// Two CPUs poke at random places of the same text; each forgets where it was now and then.
TEST_F(TextPoke, interleaved_pokes_of_two_cpus_leave_no_illegal_instruction) {
    struct Cpu {
        usize site = 0;
        Bytes goal;
        u32 round = 3;
    };

    std::mt19937 random{1};
    std::array<Cpu, 2> cpus;
    int finished = 0;
    for (int step = 0; step < 200'000; ++step) {
        Cpu& cpu = cpus[random() % 2];
        const bool is_hostile = random() % 16 == 0;
        if (cpu.round == 3 || is_hostile) {
            cpu.site = Traced + random() % 9;
            const auto& values = text_.values(cpu.site);
            cpu.goal = values[random() % values.size()];
            cpu.round = random() % 4;
            continue;
        }
        const Bytes bytes = cpu.round == 0   ? Bytes{int3}
                            : cpu.round == 1 ? tail_of(cpu.goal)
                                             : Bytes{cpu.goal[0]};
        const PokeVerdict verdict = poke(cpu.site, cpu.round == 1 ? 1 : 0, bytes);
        ++cpu.round;
        finished += cpu.round == 3 && verdict == Write ? 1 : 0;
        ASSERT_TRUE(text_.is_right(cpu.site)) << step;
    }
    EXPECT_GT(finished, 1000);
}

struct Store {
    u32 offset;
    Bytes bytes;
};

/// Some of the bytes of a legal value or of a breakpoint before its tail, perhaps with one wrong.
Store near_store(std::mt19937& random,
                 const manifest_site& site,
                 const std::vector<Bytes>& values) {
    Bytes bytes = values[random() % values.size()];
    if (random() % 2 == 0) {
        bytes[0] = int3;
    }
    if (random() % 8 == 0) {
        bytes[random() % bytes.size()] = static_cast<u8>(random());
    }
    const usize begin = random() % 2;
    const usize rest = bytes.size() - begin;
    const usize count = begin == 0 && random() % 2 == 0 ? 1 : rest - (random() % 4 == 0 ? 1 : 0);
    const auto part = std::span{bytes}.subspan(begin, count);
    const u32 shift = random() % 16 == 0 ? 1 : 0;
    return {.offset = site.offset + static_cast<u32>(begin) + shift,
            .bytes = {part.begin(), part.end()}};
}

/// The table of one_of_each(), with targets and some sites elsewhere.
ManifestTables moved(std::mt19937& random) {
    ManifestTables made = one_of_each();
    for (manifest_target& target : made.targets) {
        target.offset += random() % 0x60;
    }
    for (manifest_site& site : made.sites) {
        site.offset += site.offset >= 0x160 ? random() % 8 : 0;
    }
    return made;
}

TEST(TextPokeModel, no_store_makes_an_illegal_instruction) {
    std::mt19937 random{2};
    int written = 0;
    for (int table = 0; table < 20; ++table) {
        const ManifestTables made = moved(random);
        PokedText text{made, base::must(check_tables(made.tables())), slide, trampolines};
        for (usize site = 0; site < made.sites.size(); ++site) {
            text.set(site, text.values(site)[random() % text.values(site).size()]);
        }
        const Bytes first{text.bytes().begin(), text.bytes().end()};
        for (int step = 0; step < 3000; ++step) {
            const usize site = random() % made.sites.size();
            const Store store = near_store(random, made.sites[site], text.values(site));
            const Bytes before{text.bytes().begin(), text.bytes().end()};
            const PokeVerdict verdict = text.poke(store.offset, store.bytes);
            written += verdict == Write ? 1 : 0;
            for (usize other = 0; other < made.sites.size(); ++other) {
                ASSERT_TRUE(text.is_right(other)) << table << ' ' << step << ' ' << other;
                ASSERT_TRUE(!text.is_fixed(other) || text.is_as_in(first, other));
            }
            ASSERT_EQ(verdict == Write, !std::ranges::equal(before, text.bytes()));
        }
    }
    EXPECT_GT(written, 5000);
}

}  // namespace
}  // namespace policies
