// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/vtl0_linear.cpp selftests/host/panic.cpp
#include "vtl1/mm/vtl0_linear.h"

#include <gtest/gtest.h>
#include <map>

#include "vtl1/mm/scratch.h"
#include "vtl1/mm/vtl0_memory.h"

namespace vtl1 {
namespace {

PageBytes scratch_bytes;
std::map<u64, PageBytes> memory;  // VTL0's, by address

constexpr u64 present = 1;
constexpr u64 large = 0x80;
constexpr u64 linear = 0xffff'fe00'0020'3ffa;  // six bytes before the end of a page

void put_entry(u64 table, u64 index, u64 entry) {
    base::store_wire(memory[table], index * sizeof(u64), entry);
}

constexpr u64 index_of(unsigned level, u64 address = linear) {
    return address >> (12 + 9 * (level - 1)) & 0x1ff;
}

constexpr Vtl0Translation four_levels{
    .cr0 = 0x8000'0001, .cr3 = 0x1018, .cr4 = 0x20, .efer = 0x500};

/// Two neighbouring pages, each byte another.
class Vtl0Linear : public testing::Test {
protected:
    Vtl0Linear() {
        memory.clear();
        put_entry(0x1000, index_of(4), 0x2000 | present);
        put_entry(0x2000, index_of(3), 0x3000 | present);
        put_entry(0x3000, index_of(2), 0x4000 | present);
        put_entry(0x4000, index_of(1), 0x5000 | present | u64{1} << 63);
        put_entry(0x4000, index_of(1) + 1, 0x9000 | present);
        for (unsigned i = 0; i < page_size; ++i) {
            memory[0x5000][i] = static_cast<std::byte>(i);
            memory[0x9000][i] = static_cast<std::byte>(i + 100);
        }
    }

    Result<void> copy(const Vtl0Translation& paging, u64 address = linear) {
        return copy_from_vtl0_linear(paging, address, found_);
    }

    void expect(u8 first, u8 last) {
        EXPECT_EQ(found_.front(), std::byte{first});
        EXPECT_EQ(found_.back(), std::byte{last});
    }

    std::array<std::byte, 10> found_{};
};

TEST_F(Vtl0Linear, follows_four_levels_across_a_page_border) {
    EXPECT_TRUE(copy(four_levels).has_value());
    expect(0xfa, 103);
    EXPECT_EQ(found_[5], std::byte{0xff});
    EXPECT_EQ(found_[6], std::byte{100});
}

TEST_F(Vtl0Linear, follows_five_levels) {
    Vtl0Translation paging = four_levels;
    paging.cr4 |= 1U << 12;
    paging.cr3 = 0xa000;
    put_entry(0xa000, index_of(5), 0x1000 | present);
    EXPECT_TRUE(copy(paging).has_value());
    expect(0xfa, 103);
}

TEST_F(Vtl0Linear, follows_large_pages) {
    memory[0x40'3000] = memory[0x5000];
    memory[0x40'4000] = memory[0x9000];
    put_entry(0x3000, index_of(2), 0x40'1000 | present | large);  // bit 12: memory type
    EXPECT_TRUE(copy(four_levels).has_value());
    expect(0xfa, 103);
    memory[0x8020'3000] = memory[0x9000];
    memory[0x8020'4000] = memory[0x5000];
    put_entry(0x2000, index_of(3), 0x8000'0000 | present | large);
    EXPECT_TRUE(copy(four_levels).has_value());
    expect(0x5e, 3);
}

TEST_F(Vtl0Linear, is_physical_without_paging) {
    Vtl0Translation paging = four_levels;
    paging.cr0 = 0x11;
    EXPECT_TRUE(copy(paging, 0x5010).has_value());
    expect(0x10, 0x19);
}

TEST_F(Vtl0Linear, refuses_what_is_not_there) {
    EXPECT_EQ(copy(four_levels, 0x1000), fail(Error::BadAddress));
    put_entry(0x4000, index_of(1) + 1, 0x9000);
    EXPECT_EQ(copy(four_levels), fail(Error::BadAddress));
    put_entry(0x4000, index_of(1) + 1, 0x7'7000 | present);  // no RAM
    EXPECT_EQ(copy(four_levels), fail(Error::BadAddress));
    Vtl0Translation paging = four_levels;
    paging.efer = 0;
    EXPECT_EQ(copy(paging), fail(Error::Refused));
}

TEST_F(Vtl0Linear, a_table_that_points_to_itself_ends) {
    put_entry(0x1000, index_of(4), 0x1000 | present);
    put_entry(0x1000, index_of(3), 0x1000 | present);
    put_entry(0x1000, index_of(2), 0x1000 | present);
    put_entry(0x1000, index_of(1), 0x1000 | present);
    put_entry(0x1000, index_of(1) + 1, 0x1000 | present);
    EXPECT_TRUE(copy(four_levels).has_value());
}

}  // namespace

PageBytes& scratch_page() {
    return scratch_bytes;
}

Result<void> copy_from_vtl0(Gpa page, std::span<std::byte> into) {
    const auto found = memory.find(page.raw());
    if (found == memory.end()) {
        return fail(Error::BadAddress);
    }
    std::ranges::copy(std::span{found->second}.first(into.size()), into.begin());
    return {};
}

}  // namespace vtl1
