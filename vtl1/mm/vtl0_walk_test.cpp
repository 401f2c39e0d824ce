// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/vtl0_walk.cpp vtl1/mm/vtl0_sweep.cpp selftests/host/panic.cpp
#include "vtl1/mm/vtl0_walk.h"

#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "base/wire.h"
#include "vtl1/mm/scratch.h"
#include "vtl1/mm/vtl0_memory.h"
#include "vtl1/mm/vtl0_sweep.h"

namespace vtl1 {
namespace {

/// VTL0's RAM: frames 1 to 0xff, tables taken from the top.
struct Machine {
    std::map<u64, std::array<u64, table_entries>> tables;
    u64 next_table = 0x80;
    u64 reads = 0;
};

Machine machine;
PageBytes scratch_bytes;

constexpr u64 present = 1;
constexpr u64 writable = 2;
constexpr u64 user = 4;
constexpr u64 large = 0x80;
constexpr u64 no_execute = u64{1} << 63;
constexpr u64 open = present | writable | user;
constexpr Gva kernel{0xffff'ffff'8100'0000};

class Vtl0Walk : public testing::Test {
protected:
    explicit Vtl0Walk(u64 levels = 4) : paging{.root = Gpa::of_page(0x80), .levels = levels} {
        machine = Machine{};
        machine.tables[machine.next_table] = {};
    }

    /// Writes the entry at `level`, and tables on the way that give everything.
    void map(Gva address, u64 level, u64 entry, u64 upper = open) {
        u64 table = paging.root.page_number();
        for (u64 at = paging.levels; at > level; --at) {
            u64& slot = machine.tables[table][address.raw() >> table_shift(at) & 0x1ff];
            if (slot == 0) {
                machine.tables[++machine.next_table] = {};
                slot = machine.next_table << 12 | upper;
            }
            table = slot >> 12 & 0xff;
        }
        machine.tables[table][address.raw() >> table_shift(level) & 0x1ff] = entry;
    }

    std::vector<u64> sweep() {
        Vtl0Sweep all{paging};
        std::vector<u64> found;
        for (int steps = 0; !all.is_done(); ++steps) {
            EXPECT_LT(steps, 10'000);
            base::must(all.step([&](const Vtl0Sweep::Found& leaf) -> Result<void> {
                found.push_back(leaf.address.raw());
                return {};
            }));
        }
        return found;
    }

    Vtl0Paging paging;
};

class Vtl0WalkLa57 : public Vtl0Walk {
protected:
    Vtl0WalkLa57() : Vtl0Walk(5) {}
};

TEST_F(Vtl0Walk, finds_pages_of_all_sizes) {
    map(kernel, 1, 0x12'000 | open);
    map(Gva{0xffff'8880'0000'0000}, 2, 0x4020'0000 | open | large);
    map(Gva{0xffff'9000'0000'0000}, 3, 0x8000'0000 | open | large);
    EXPECT_EQ(translate_vtl0(paging, Gva{kernel.raw() + 0x123}), Gpa{0x12'123});
    EXPECT_EQ(translate_vtl0(paging, Gva{0xffff'8880'0001'2345}), Gpa{0x4021'2345});
    EXPECT_EQ(translate_vtl0(paging, Gva{0xffff'9000'3000'0001}), Gpa{0xb000'0001});
}

TEST_F(Vtl0Walk, rights_are_those_of_the_strictest_level) {
    map(kernel, 1, 0x12'000 | present, open | no_execute);
    const Vtl0Leaf leaf = base::must(find_vtl0_leaf(paging, kernel));
    EXPECT_FALSE(leaf.is_executable);
    EXPECT_FALSE(leaf.is_writable);
    EXPECT_FALSE(leaf.is_user);
    map(Gva{0xffff'a000'0000'0000}, 1, 0x13'000 | open);
    const Vtl0Leaf all = base::must(find_vtl0_leaf(paging, Gva{0xffff'a000'0000'0000}));
    EXPECT_TRUE(all.is_executable && all.is_writable && all.is_user);
}

TEST_F(Vtl0Walk, says_what_is_not_there) {
    EXPECT_EQ(translate_vtl0(paging, kernel), fail(Error::NotFound));
    map(kernel, 2, u64{0x7000'0000} | open);  // a table that is not RAM
    EXPECT_EQ(translate_vtl0(paging, kernel), fail(Error::BadAddress));
    paging.root = Gpa{0x7000'0000};
    EXPECT_EQ(translate_vtl0(paging, kernel), fail(Error::BadAddress));
}

TEST_F(Vtl0Walk, a_large_bit_at_the_top_is_not_a_page) {
    machine.tables[0x80][0x1ff] = 0x81'000 | open | large;
    machine.tables[0x81] = {};
    EXPECT_EQ(translate_vtl0(paging, kernel), fail(Error::NotFound));
}

TEST_F(Vtl0WalkLa57, has_one_level_more) {
    map(kernel, 1, 0x12'000 | open);
    EXPECT_EQ(translate_vtl0(paging, kernel), Gpa{0x12'000});
}

TEST_F(Vtl0Walk, a_sweep_names_the_executable_leaves_of_the_upper_half) {
    map(kernel, 2, 0x4020'0000 | present | large);
    map(Gva{0xffff'ffff'c000'0000}, 1, 0x12'000 | present);
    map(Gva{0xffff'ffff'c000'1000}, 1, 0x13'000 | present | no_execute);
    map(Gva{0xffff'ffff'ffff'f000}, 1, 0x14'000 | present);
    map(Gva{0xffff'8880'0000'0000}, 3, 0x4000'0000 | open | large | no_execute);
    map(Gva{0x40'0000}, 1, 0x15'000 | open);
    EXPECT_EQ(sweep(), (std::vector<u64>{kernel.raw(), 0xffff'ffff'c000'0000, ~u64{0xfff}}));
}

TEST_F(Vtl0WalkLa57, a_sweep_begins_lower) {
    map(Gva{0xff00'0000'0000'0000}, 1, 0x12'000 | present);
    EXPECT_EQ(sweep(), (std::vector<u64>{0xff00'0000'0000'0000}));
}

TEST_F(Vtl0Walk, a_sweep_stops_at_a_table_that_is_not_ram) {
    map(kernel, 2, u64{0x7000'0000} | open);
    Vtl0Sweep all{paging};
    Result<void> result;
    for (int i = 0; i < 1000 && result.has_value(); ++i) {
        result = all.step([](const Vtl0Sweep::Found&) -> Result<void> { return {}; });
    }
    EXPECT_EQ(result, fail(Error::BadAddress));
}

// A table that names itself: each step is short, whatever the sweep comes to.
TEST_F(Vtl0Walk, tables_in_circles_do_not_hold_a_step_up) {
    machine.tables[0x80].fill(0x80'000 | present);
    Vtl0Sweep all{paging};
    for (int i = 0; i < 1000; ++i) {
        const u64 before = machine.reads;
        base::must(all.step([](const Vtl0Sweep::Found&) -> Result<void> { return {}; }));
        EXPECT_LE(machine.reads - before, 4);
    }
}

}  // namespace

Result<void> copy_part_from_vtl0(Gpa from, std::span<std::byte> into) {
    ++machine.reads;
    const auto table = machine.tables.find(from.page_number());
    if (table == machine.tables.end()) {
        return fail(Error::BadAddress);
    }
    const auto bytes = std::as_bytes(std::span{table->second});
    std::ranges::copy(bytes.subspan(from.page_offset(), into.size()), into.begin());
    return {};
}

Result<void> copy_from_vtl0(Gpa page, std::span<std::byte> into) {
    return copy_part_from_vtl0(page, into);
}

PageBytes& scratch_page() {
    return scratch_bytes;
}

}  // namespace vtl1

namespace hv {

u64 call_hypervisor(u64 /*control*/, base::Gpa /*input*/, base::Gpa /*output*/) {
    return TLFS_STATUS_INVALID_HYPERCALL_CODE;
}

}  // namespace hv
