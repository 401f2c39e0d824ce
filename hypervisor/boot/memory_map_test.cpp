// SPDX-License-Identifier: MIT
// test-with: hypervisor/boot/memory_map.cpp selftests/host/panic.cpp
#include "hypervisor/boot/memory_map.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

namespace hypervisor {
namespace {

using base::Error;
using enum MemoryKind;

constexpr u64 top = ~u64{0};

std::vector<MemoryEntry> entries_of(const MemoryMap& map) {
    return {map.entries().begin(), map.entries().end()};
}

void add(MemoryMap& map, u64 first, u64 end, MemoryKind kind) {
    ASSERT_TRUE(map.add(first, end - first, static_cast<u32>(kind)).has_value());
}

TEST(memory_map, is_empty_at_first) {
    const MemoryMap map;
    EXPECT_TRUE(map.entries().empty());
    EXPECT_EQ(map.ram_bytes(), 0U);
    EXPECT_EQ(map.ram_end(), 0U);
    EXPECT_FALSE(map.is_ram({0, 1}));
    EXPECT_EQ(map.highest_fit({.size = 1, .alignment = 1}).error(), Error::NoMemory);
}

TEST(memory_map, sorts_what_comes_in_any_order) {
    MemoryMap map;
    add(map, 0x10'0000, 0x20'0000, Ram);
    add(map, 0, 0x9'fc00, Ram);
    add(map, 0xf'0000, 0x10'0000, Reserved);
    const std::vector<MemoryEntry> expected{
        {0, 0x9'fc00, Ram}, {0xf'0000, 0x10'0000, Reserved}, {0x10'0000, 0x20'0000, Ram}};
    EXPECT_EQ(entries_of(map), expected);
    EXPECT_EQ(map.ram_bytes(), 0x9'fc00U + 0x10'0000U);
    EXPECT_EQ(map.ram_end(), 0x20'0000U);
}

TEST(memory_map, joins_neighbours_of_the_same_kind_only) {
    MemoryMap map;
    add(map, 0x3000, 0x4000, Ram);
    add(map, 0x1000, 0x2000, Ram);
    add(map, 0x4000, 0x5000, AcpiNvs);
    add(map, 0x2000, 0x3000, Ram);
    const std::vector<MemoryEntry> expected{{0x1000, 0x4000, Ram}, {0x4000, 0x5000, AcpiNvs}};
    EXPECT_EQ(entries_of(map), expected);
}

TEST(memory_map, the_stricter_kind_wins_in_either_order) {
    constexpr std::array order{Ram, AcpiReclaimable, AcpiNvs, Reserved, Bad};
    for (usize strict = 1; strict < order.size(); ++strict) {
        for (usize lax = 0; lax < strict; ++lax) {
            MemoryMap one;
            add(one, 0x1000, 0x5000, order[lax]);
            add(one, 0x2000, 0x3000, order[strict]);
            MemoryMap other;
            add(other, 0x2000, 0x3000, order[strict]);
            add(other, 0x1000, 0x5000, order[lax]);
            const std::vector<MemoryEntry> expected{{0x1000, 0x2000, order[lax]},
                                                    {0x2000, 0x3000, order[strict]},
                                                    {0x3000, 0x5000, order[lax]}};
            EXPECT_EQ(entries_of(one), expected);
            EXPECT_EQ(entries_of(other), expected);
        }
    }
}

TEST(memory_map, unknown_types_are_reserved) {
    for (const u32 type : {0U, 2U, 6U, 7U, 12U, 0xffff'ffffU}) {
        MemoryMap map;
        ASSERT_TRUE(map.add(0x1000, 0x1000, type).has_value());
        EXPECT_EQ(map.entries()[0].kind, Reserved) << type;
    }
}

TEST(memory_map, ignores_empty_entries_and_refuses_those_that_wrap) {
    MemoryMap map;
    EXPECT_TRUE(map.add(0x1000, 0, 1).has_value());
    EXPECT_TRUE(map.add(top, 0, 1).has_value());
    EXPECT_EQ(map.add(top, 1, 1).error(), Error::BadAddress);
    EXPECT_EQ(map.add(1, top, 1).error(), Error::BadAddress);
    EXPECT_EQ(map.add(top - 0xfff, 0x1000, 1).error(), Error::BadAddress);
    EXPECT_TRUE(map.entries().empty());
    EXPECT_TRUE(map.add(0, top, 1).has_value());
    EXPECT_EQ(map.ram_bytes(), top);
}

TEST(memory_map, is_unchanged_when_it_is_full) {
    MemoryMap map;
    for (u64 i = 0; i < MemoryMap::max_entries; ++i) {
        add(map, i * 0x2000, i * 0x2000 + 0x1000, Ram);
    }
    const auto before = entries_of(map);
    EXPECT_EQ(map.add(0x100'0000, 0x1000, 1).error(), Error::NoMemory);
    EXPECT_EQ(map.add(0x400, 0x400, 2).error(), Error::NoMemory);
    EXPECT_EQ(map.reserve({0x1000, 0x2000}).error(), Error::NoMemory);
    EXPECT_EQ(entries_of(map), before);
    EXPECT_TRUE(map.add(0x1000, 0x1000, 1).has_value()) << "joins two";
    EXPECT_TRUE(map.reserve({0, 0x100'0000}).has_value());
    EXPECT_EQ(map.entries().size(), 1U);
}

TEST(memory_map, reserves_whole_pages) {
    MemoryMap map;
    add(map, 0, 0x10'0000, Ram);
    ASSERT_TRUE(map.reserve({0x1fff, 0x2001}).has_value());
    const std::vector<MemoryEntry> expected{
        {0, 0x1000, Ram}, {0x1000, 0x3000, Reserved}, {0x3000, 0x10'0000, Ram}};
    EXPECT_EQ(entries_of(map), expected);
}

TEST(memory_map, a_reservation_covers_gaps_and_acpi_but_not_bad_memory) {
    MemoryMap map;
    add(map, 0x1000, 0x2000, AcpiReclaimable);
    add(map, 0x3000, 0x4000, Bad);
    ASSERT_TRUE(map.reserve({0, 0x6000}).has_value());
    const std::vector<MemoryEntry> expected{
        {0, 0x3000, Reserved}, {0x3000, 0x4000, Bad}, {0x4000, 0x6000, Reserved}};
    EXPECT_EQ(entries_of(map), expected);
}

TEST(memory_map, refuses_reservations_that_are_empty_or_wrap) {
    MemoryMap map;
    EXPECT_EQ(map.reserve({0x1000, 0x1000}).error(), Error::BadArgument);
    EXPECT_EQ(map.reserve({0x2000, 0x1000}).error(), Error::BadArgument);
    EXPECT_EQ(map.reserve({0x1000, top}).error(), Error::BadAddress);
    EXPECT_EQ(map.reserve({0x1000, top - 0xffe}).error(), Error::BadAddress);
    EXPECT_TRUE(map.entries().empty());
    EXPECT_TRUE(map.reserve({0x1000, top - 0xfff}).has_value());
    EXPECT_EQ(map.entries()[0].end, top - 0xfff);
}

TEST(memory_map, is_ram_wants_every_byte) {
    MemoryMap map;
    add(map, 0x1000, 0x3000, Ram);
    add(map, 0x3000, 0x4000, Reserved);
    add(map, 0x5000, 0x6000, Ram);
    EXPECT_TRUE(map.is_ram({0x1000, 0x3000}));
    EXPECT_TRUE(map.is_ram({0x2fff, 0x3000}));
    EXPECT_FALSE(map.is_ram({0xfff, 0x1001}));
    EXPECT_FALSE(map.is_ram({0x2fff, 0x3001}));
    EXPECT_FALSE(map.is_ram({0x3000, 0x4000}));
    EXPECT_FALSE(map.is_ram({0x4000, 0x6000}));
    EXPECT_FALSE(map.is_ram({0x1000, top}));
    EXPECT_FALSE(map.is_ram({0x2000, 0x2000}));
    EXPECT_FALSE(map.is_ram({0x2000, 0x1000}));
}

TEST(memory_map, the_caller_can_keep_the_map_from_before_a_reservation) {
    MemoryMap map;
    add(map, 0, 0x4000, Ram);
    const MemoryMap before = map;
    ASSERT_TRUE(map.reserve({0x1000, 0x2000}).has_value());
    EXPECT_TRUE(before.is_ram({0, 0x4000}));
    EXPECT_FALSE(map.is_ram({0x1000, 0x2000}));
}

TEST(memory_map, ram_end_is_that_of_ram) {
    MemoryMap map;
    add(map, 0, 0x4000, Ram);
    add(map, 0x8000, 0x9000, AcpiNvs);
    EXPECT_EQ(map.ram_end(), 0x4000U);
}

TEST(highest_fit, takes_the_top_of_the_highest_hole) {
    MemoryMap map;
    add(map, 0x1000, 0x9000, Ram);
    add(map, 0x10'0000, 0x20'0000, Ram);
    EXPECT_EQ(map.highest_fit({.size = 0x3000}), 0x1f'd000U);
    EXPECT_EQ(map.highest_fit({.size = 0x10'0000}), 0x10'0000U);
    EXPECT_EQ(map.highest_fit({.size = 0x10'0001}).error(), Error::NoMemory);
    EXPECT_EQ(map.highest_fit({.size = 1}), 0x1f'f000U);
    EXPECT_EQ(map.highest_fit({.size = 1, .alignment = 1}), 0x1f'ffffU);
}

TEST(highest_fit, ends_below_the_limit) {
    MemoryMap map;
    add(map, 0x1000, 0x9000, Ram);
    add(map, 0x10'0000, 0x20'0000, Ram);
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .below = 0x18'0000}), 0x17'f000U);
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .below = 0x18'0800}), 0x17'f000U);
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .below = 0x10'0fff}), 0x8000U);
    EXPECT_EQ(map.highest_fit({.size = 0x8000, .below = 0x10'0000}), 0x1000U);
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .below = 0x1fff}).error(), Error::NoMemory);
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .below = 0}).error(), Error::NoMemory);
}

TEST(highest_fit, aligns_downwards_and_stays_in_the_hole) {
    MemoryMap map;
    add(map, 0x1f'f000, 0x3f'f000, Ram);
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .alignment = 0x20'0000}), 0x20'0000U);
    EXPECT_EQ(map.highest_fit({.size = 0x1f'f000, .alignment = 0x20'0000}), 0x20'0000U);
    EXPECT_EQ(map.highest_fit({.size = 0x20'0000, .alignment = 0x20'0000}).error(),
              Error::NoMemory);
}

TEST(highest_fit, goes_around_what_it_must_avoid) {
    MemoryMap map;
    add(map, 0x1'0000, 0x2'0000, Ram);
    const std::array<MemoryExtent, 4> avoid{{
        {0x1'4000, 0x1'5000},
        {0x1'f000, 0x3'0000},
        {0x1'e800, 0x1'f800},
        {0x1'b000, 0x1'b000},  // empty
    }};
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .avoid = avoid}), 0x1'd000U);
    EXPECT_EQ(map.highest_fit({.size = 0x9000, .avoid = avoid}), 0x1'5000U);
    EXPECT_EQ(map.highest_fit({.size = 0xa000, .avoid = avoid}).error(), Error::NoMemory);
    EXPECT_EQ(map.highest_fit({.size = 0x4000, .below = 0x1'8000, .avoid = avoid}), 0x1'0000U);
}

TEST(highest_fit, falls_back_to_a_lower_hole) {
    MemoryMap map;
    add(map, 0x1000, 0x9000, Ram);
    add(map, 0x10'0000, 0x20'0000, Ram);
    const std::array<MemoryExtent, 1> avoid{{{0, top}}};
    EXPECT_EQ(map.highest_fit({.size = 1, .avoid = avoid}).error(), Error::NoMemory);
    const std::array<MemoryExtent, 1> high{{{0x9000, top}}};
    EXPECT_EQ(map.highest_fit({.size = 0x1000, .avoid = high}), 0x8000U);
}

TEST(highest_fit, may_start_at_zero) {
    MemoryMap map;
    add(map, 0, 0x1000, Ram);
    EXPECT_EQ(map.highest_fit({.size = 0x1000}), 0U);
}

TEST(highest_fit, refuses_senseless_requests) {
    MemoryMap map;
    add(map, 0, top, Ram);
    EXPECT_EQ(map.highest_fit({.size = 0}).error(), Error::BadArgument);
    EXPECT_EQ(map.highest_fit({.size = 1, .alignment = 0}).error(), Error::BadArgument);
    EXPECT_EQ(map.highest_fit({.size = 1, .alignment = 0x3000}).error(), Error::BadArgument);
    EXPECT_EQ(map.highest_fit({.size = top}), 0U);
    EXPECT_EQ(map.highest_fit({.size = 1, .alignment = u64{1} << 63}), u64{1} << 63);
}

/// A machine of 64 bytes, each with its own kind.
class ByteModel {
public:
    void overlay(u64 first, u64 end, MemoryKind kind) {
        for (u64 i = first; i < end; ++i) {
            const bool is_new = !bytes_.contains(i);
            if (is_new || strictness(kind) > strictness(bytes_[i])) {
                bytes_[i] = kind;
            }
        }
    }

    bool matches(const MemoryMap& map) const {
        std::map<u64, MemoryKind> seen;
        for (const MemoryEntry& entry : map.entries()) {
            for (u64 i = entry.first; i < entry.end; ++i) {
                if (!seen.emplace(i, entry.kind).second) {
                    return false;
                }
            }
        }
        return seen == bytes_;
    }

    u64 ram_bytes() const {
        return static_cast<u64>(
            std::ranges::count(bytes_, Ram, &std::pair<const u64, MemoryKind>::second));
    }

private:
    static usize strictness(MemoryKind kind) {
        constexpr std::array order{Ram, AcpiReclaimable, AcpiNvs, Reserved, Bad};
        return static_cast<usize>(std::ranges::find(order, kind) - order.begin());
    }

    std::map<u64, MemoryKind> bytes_;
};

TEST(memory_map, agrees_with_a_map_of_single_bytes) {
    std::mt19937 random{1};
    for (int round = 0; round < 2000; ++round) {
        MemoryMap map;
        ByteModel model;
        for (int i = 0; i < 12; ++i) {
            const u64 first = random() % 64;
            const u64 length = random() % (65 - first);
            const u32 type = 1 + random() % 5;
            ASSERT_TRUE(map.add(first, length, type).has_value());
            model.overlay(first, first + length, static_cast<MemoryKind>(type));
        }
        ASSERT_TRUE(model.matches(map));
        ASSERT_EQ(map.ram_bytes(), model.ram_bytes());
        const auto entries = map.entries();
        for (usize i = 0; i < entries.size(); ++i) {
            ASSERT_LT(entries[i].first, entries[i].end);
            if (i != 0) {
                ASSERT_LE(entries[i - 1].end, entries[i].first);
                ASSERT_FALSE(entries[i - 1].end == entries[i].first &&
                             entries[i - 1].kind == entries[i].kind);
            }
        }
    }
}

}  // namespace
}  // namespace hypervisor
