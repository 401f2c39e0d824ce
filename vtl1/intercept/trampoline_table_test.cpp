// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/trampoline_table.cpp selftests/host/panic.cpp
#include "vtl1/intercept/trampoline_table.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace vtl1 {
namespace {

constexpr Gva address_of(u64 number) {
    return Gva{0xffff'ffff'c000'0000 + number * page_size};
}

std::vector<Gva> all(const TrampolineTable& table) {
    return {table.addresses().begin(), table.addresses().end()};
}

TEST(TrampolineTable, addresses_are_in_order) {
    TrampolineTable table;
    for (const u64 number : {u64{5}, u64{1}, u64{9}, u64{3}}) {
        table.add(address_of(number), Gpa::of_page(number));
    }
    EXPECT_EQ(all(table),
              (std::vector{address_of(1), address_of(3), address_of(5), address_of(9)}));
}

TEST(TrampolineTable, frame_without_execution_takes_its_address_along) {
    TrampolineTable table;
    table.add(address_of(2), Gpa::of_page(20));
    table.add(address_of(1), Gpa::of_page(10));
    table.add(address_of(3), Gpa::of_page(10));
    table.drop(Gpa::of_page(10));
    EXPECT_EQ(all(table), std::vector{address_of(2)});
    table.drop(Gpa::of_page(10));
    EXPECT_EQ(all(table), std::vector{address_of(2)});
}

TEST(TrampolineTable, known_address_gets_another_frame) {
    TrampolineTable table;
    table.add(address_of(1), Gpa::of_page(10));
    table.add(address_of(1), Gpa::of_page(11));
    EXPECT_EQ(all(table), std::vector{address_of(1)});
    table.drop(Gpa::of_page(10));
    EXPECT_EQ(all(table), std::vector{address_of(1)});
    table.drop(Gpa::of_page(11));
    EXPECT_TRUE(all(table).empty());
}

TEST(TrampolineTable, has_a_bound) {
    TrampolineTable table;
    for (u64 i = 0; i < TrampolineTable::entries_max; ++i) {
        EXPECT_FALSE(table.is_full());
        table.add(address_of(i), Gpa::of_page(i));
    }
    EXPECT_TRUE(table.is_full());
    table.drop(Gpa::of_page(0));
    EXPECT_FALSE(table.is_full());
}

}  // namespace
}  // namespace vtl1
