// SPDX-License-Identifier: MIT
// test-with: hypervisor/iommu/dmar_table.cpp selftests/host/panic.cpp
#include "hypervisor/iommu/dmar_table.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "hypervisor/boot/bytes.h"

namespace hypervisor {
namespace {

using base::Error;
using base::u16;
using base::u8;

struct Structure {
    u16 type;
    u16 length;
    u16 segment = 0;
    u64 registers = 0;
};

std::vector<std::byte> table(std::initializer_list<Structure> structures) {
    std::vector<std::byte> bytes(48);
    for (const Structure& one : structures) {
        const usize at = bytes.size();
        bytes.resize(at + std::max<usize>(one.length, 16));
        write_number<u16>(bytes, at, one.type);
        write_number<u16>(bytes, at + 2, one.length);
        write_number<u16>(bytes, at + 6, one.segment);
        write_number<u64>(bytes, at + 8, one.registers);
        bytes.resize(at + one.length);
    }
    return bytes;
}

constexpr Structure unit{.type = 0, .length = 24, .segment = 0, .registers = 0xfed9'0000};

TEST(DmarTable, OneUnitAmongOtherStructures) {
    EXPECT_EQ(parse_dmar(table({{.type = 1, .length = 24}, unit, {.type = 2, .length = 8}})),
              0xfed9'0000);
}

TEST(DmarTable, NoUnit) {
    EXPECT_EQ(parse_dmar(table({})).error(), Error::NotFound);
    EXPECT_EQ(parse_dmar(table({{.type = 1, .length = 24}})).error(), Error::NotFound);
}

TEST(DmarTable, WhatCannotBeServedIsRefused) {
    EXPECT_EQ(parse_dmar(table({unit, unit})).error(), Error::Refused);
    EXPECT_EQ(
        parse_dmar(table({{.type = 0, .length = 16, .segment = 1, .registers = 0x1000}})).error(),
        Error::Refused);
}

TEST(DmarTable, Contradictions) {
    EXPECT_EQ(parse_dmar(std::vector<std::byte>(47)).error(), Error::BadArgument);
    EXPECT_EQ(parse_dmar(table({{.type = 0, .length = 15}})).error(), Error::BadArgument);
    EXPECT_EQ(parse_dmar(table({{.type = 5, .length = 3}})).error(), Error::BadArgument);
    EXPECT_EQ(parse_dmar(table({{.type = 0, .length = 16, .registers = 0}})).error(),
              Error::BadArgument);
    EXPECT_EQ(parse_dmar(table({{.type = 0, .length = 16, .registers = 0x1008}})).error(),
              Error::BadArgument);
    auto cut = table({unit});
    cut.pop_back();
    EXPECT_EQ(parse_dmar(cut).error(), Error::BadArgument);
    cut.resize(48 + 3);
    EXPECT_EQ(parse_dmar(cut).error(), Error::BadArgument);
}

TEST(DmarTable, AnyBytesAreHarmless) {
    std::mt19937 random{1};
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = table({unit, {.type = 2, .length = 8}});
        bytes[48 + random() % (bytes.size() - 48)] = static_cast<std::byte>(random());
        bytes.resize(48 + random() % (bytes.size() - 47));
        static_cast<void>(parse_dmar(bytes));
    }
}

}  // namespace
}  // namespace hypervisor
