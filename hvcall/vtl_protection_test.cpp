// SPDX-License-Identifier: MIT
// test-with: selftests/host/panic.cpp
#include "hvcall/vtl_protection.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace hv {
namespace {

/// A hypervisor that changes at most `pages_per_call` pages in a call, and refuses one page.
struct Hypervisor {
    u64 pages_per_call = 4095;
    u64 refused_page = ~u64{0};
    bool lies_about_failure = false;  // fails with all pages done
    std::vector<u64> changed;
    u32 access = ~u32{0};
    int calls = 0;
    base::PageBytes input{};
    base::PageBytes output{};

    HypercallPort port() {
        return {
            .input = &input, .input_gpa = base::Gpa{0x1000}, .output = &output, .output_gpa = {}};
    }
};

Hypervisor hypervisor;

class VtlProtection : public testing::Test {
protected:
    VtlProtection() { hypervisor = Hypervisor{}; }

    static base::GpaRange range(u64 first, u64 count) {
        return base::must(base::GpaRange::of_pages(base::Gpa::of_page(first), count));
    }
};

TEST_F(VtlProtection, changes_every_page_of_a_long_run) {
    ASSERT_TRUE(modify_vtl_protection(hypervisor.port(), PageAccess::None, range(0x100, 1200)));

    ASSERT_EQ(hypervisor.changed.size(), 1200);
    EXPECT_EQ(hypervisor.changed.front(), 0x100);
    EXPECT_EQ(hypervisor.changed.back(), 0x100 + 1199);
    EXPECT_EQ(hypervisor.calls, 3) << "510 pages fit into one page of input";
    EXPECT_EQ(hypervisor.access, 0);
}

TEST_F(VtlProtection, goes_on_where_the_hypervisor_stopped) {
    hypervisor.pages_per_call = 3;
    ASSERT_TRUE(modify_vtl_protection(hypervisor.port(), PageAccess::ReadExecute, range(5, 7)));

    EXPECT_EQ(hypervisor.changed, (std::vector<u64>{5, 6, 7, 8, 9, 10, 11}));
    EXPECT_EQ(hypervisor.access, 0xd);
}

TEST_F(VtlProtection, passes_on_a_refusal) {
    hypervisor.refused_page = 7;
    EXPECT_EQ(modify_vtl_protection(hypervisor.port(), PageAccess::None, range(5, 7)),
              base::fail(base::Error::HypervisorFailed));
    EXPECT_EQ(hypervisor.changed, (std::vector<u64>{5, 6}));
}

TEST_F(VtlProtection, counts_what_has_changed) {
    EXPECT_EQ(change_vtl_protection(hypervisor.port(), PageAccess::Read, range(5, 1200)), 1200);
    hypervisor.refused_page = 5 + 600;
    EXPECT_EQ(change_vtl_protection(hypervisor.port(), PageAccess::Read, range(5, 1200)), 600);
    hypervisor.refused_page = 5;
    EXPECT_EQ(change_vtl_protection(hypervisor.port(), PageAccess::Read, range(5, 1200)), 0);
}

TEST_F(VtlProtection, a_failure_is_never_complete) {
    hypervisor.lies_about_failure = true;
    EXPECT_EQ(change_vtl_protection(hypervisor.port(), PageAccess::Read, range(5, 3)), 2);
}

constexpr bool has_one_access_for_each_pair() {
    constexpr std::array all{PageAccess::None,
                             PageAccess::Read,
                             PageAccess::ReadWrite,
                             PageAccess::ReadUserExecute,
                             PageAccess::ReadWriteUserExecute,
                             PageAccess::ReadExecute,
                             PageAccess::All};
    return std::ranges::all_of(all, [&](PageAccess one) {
        return std::ranges::all_of(
            all, [&](PageAccess other) { return std::ranges::contains(all, common(one, other)); });
    });
}

static_assert(has_one_access_for_each_pair());
static_assert(common(PageAccess::ReadExecute, PageAccess::ReadWriteUserExecute) ==
              PageAccess::ReadUserExecute);

TEST_F(VtlProtection, does_not_wait_for_a_hypervisor_that_does_nothing) {
    hypervisor.pages_per_call = 0;
    EXPECT_FALSE(modify_vtl_protection(hypervisor.port(), PageAccess::None, range(5, 7)));
    EXPECT_EQ(hypervisor.calls, 1);
}

}  // namespace

// Numbers as in TLFS, not from our headers.
u64 call_hypervisor(u64 control, base::Gpa input, base::Gpa /*output*/) {
    ++hypervisor.calls;
    EXPECT_EQ(control & 0xffff, 0x000c);
    EXPECT_EQ(input, base::Gpa{0x1000});
    EXPECT_EQ(base::load_wire<u64>(hypervisor.input, 0), ~u64{0});
    EXPECT_EQ(base::load_wire<u32>(hypervisor.input, 12), 0x11);
    hypervisor.access = base::load_wire<u32>(hypervisor.input, 8);
    const u64 count = control >> 32 & 0xfff;
    const u64 start = control >> 48 & 0xfff;
    u64 done = start;
    for (; done < count && done < start + hypervisor.pages_per_call; ++done) {
        const auto page = base::load_wire<u64>(hypervisor.input, 16 + 8 * done);
        if (page == hypervisor.refused_page) {
            return u64{5} | done << 32;
        }
        hypervisor.changed.push_back(page);
    }
    return (hypervisor.lies_about_failure ? 5 : 0) | done << 32;
}

}  // namespace hv
