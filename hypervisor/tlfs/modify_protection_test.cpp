// SPDX-License-Identifier: MIT
// test-with: hypervisor-world
#include <gtest/gtest.h>

#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/page_view.h"
#include "hypervisor/tlfs/synthetic_msr.h"
#include "selftests/host/hypervisor_world.h"

namespace hypervisor {
namespace {

using namespace fake;  // NOLINT: test
using enum PageRights;

constexpr u64 page = 0x200;
constexpr u64 not_ram = 0xfee00;

class ModifyProtectionTest : public testing::Test {
protected:
    void SetUp() override {
        reset_world();
        vp(0).active = Vtl::Vtl1;
        auto locked = partition.lock();
        locked->has_mbec = true;
        locked->config = VsmPartitionConfig::from_raw(0x1f);
    }

    u64 protect(PageRights rights, const std::vector<u64>& pages) {
        const tlfs_modify_vtl_protection_mask header{
            TLFS_PARTITION_SELF, static_cast<u32>(rights), TLFS_INPUT_VTL_USE_TARGET | 1, {}};
        std::vector<u8> input = bytes_of(header);
        for (const u64 number : pages) {
            const std::vector<u8> bytes = bytes_of(number);
            input.insert(input.end(), bytes.begin(), bytes.end());
        }
        return hypercall(vp(0), rep_call(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, pages.size()),
                         input);
    }

    static PageRights rights_of(u64 number) {
        auto locked = partition.lock();
        return find_page(locked, Vtl::Vtl0, number << base::page_shift).rights;
    }
};

TEST_F(ModifyProtectionTest, what_only_takes_or_only_gives_is_one_step) {
    protect(ReadWrite, {page});
    EXPECT_EQ(flush_count(), 1U);
    protect(All, {page});
    EXPECT_EQ(flush_count(), 2U);
    EXPECT_EQ(rights_of(page), All);
}

TEST_F(ModifyProtectionTest, what_takes_and_gives_takes_everywhere_first) {
    protect(ReadWrite, {page, page + 1});
    const usize before = flush_count();
    EXPECT_EQ(protect(ReadExecute, {page, page + 1}), u64{2} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_EQ(flush_count(), before + 2);
    EXPECT_EQ(rights_of(page), ReadExecute);
    EXPECT_EQ(rights_of(page + 1), ReadExecute);
}

TEST_F(ModifyProtectionTest, nothing_is_taken_from_pages_behind_the_first_bad_one) {
    protect(ReadWrite, {page, page + 1});
    const u64 result = protect(ReadExecute, {page, not_ram, page + 1});
    EXPECT_EQ(result & TLFS_RESULT_STATUS, TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(result >> TLFS_RESULT_REPS_SHIFT, 1U);
    EXPECT_EQ(rights_of(page), ReadExecute);
    EXPECT_EQ(rights_of(page + 1), ReadWrite);
}

// VTL0 lays a page over RAM, and uncovers it when all other RAM has lost a right.
TEST_F(ModifyProtectionTest, ram_under_an_overlay_can_lose_execution_only) {
    ASSERT_TRUE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_SIMP, page << base::page_shift | 1));
    EXPECT_EQ(protect(Read, {page}) & TLFS_RESULT_STATUS, TLFS_STATUS_OPERATION_DENIED);
    EXPECT_EQ(protect(ReadWriteUserExecute, {page}), u64{1} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_EQ(rights_of(page), ReadWrite) << "the overlay's own";
    ASSERT_TRUE(write_page_msr(vp(0), Vtl::Vtl0, TLFS_MSR_SIMP, 0));
    EXPECT_EQ(rights_of(page), ReadWriteUserExecute);
}

TEST_F(ModifyProtectionTest, without_memory_the_pages_are_as_they_were) {
    while (partition.lock()->pool.allocate() != 0) {
    }
    const u64 result = protect(ReadUserExecute, {page});
    EXPECT_EQ(result & TLFS_RESULT_STATUS, TLFS_STATUS_INSUFFICIENT_MEMORY);
    EXPECT_EQ(rights_of(page), All);
}

}  // namespace
}  // namespace hypervisor
