// SPDX-License-Identifier: MIT
// test-with: hypervisor-world
#include <gtest/gtest.h>

#include "hypervisor/tlfs/hypercall.h"
#include "selftests/host/hypervisor_world.h"

namespace hypervisor {
namespace {

using namespace fake;  // NOLINT: test

constexpr u64 everyone = ~u64{0};

constexpr u64 with_banks(u64 control, u64 banks) {
    return control | banks << TLFS_CALL_VARIABLE_HEADER_SHIFT;
}

class FlushTest : public testing::Test {
protected:
    void SetUp() override { reset_world(); }

    static u64 flush(u64 flags, u64 mask) {
        const tlfs_flush_virtual_address input{0x1000, flags, mask};
        return status_of(hypercall(vp(0), TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, bytes_of(input)));
    }

    static u64 flush_ex(u64 variable, tlfs_vp_set set, std::vector<u64> banks, u64 flags = 0) {
        std::vector<u8> input = bytes_of(tlfs_flush_virtual_address_ex{0x1000, flags, set});
        for (const u64 bank : banks) {
            append(input, bank);
        }
        return status_of(hypercall(
            vp(0), with_banks(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX, variable), input));
    }
};

TEST_F(FlushTest, the_named_vps_are_flushed) {
    EXPECT_EQ(flush(0, 2), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(last_flushed_vps(), 2U);
    EXPECT_EQ(flush(TLFS_FLUSH_ALL_ADDRESS_SPACES | TLFS_FLUSH_NON_GLOBAL_ONLY, 3),
              TLFS_STATUS_SUCCESS);
    EXPECT_EQ(last_flushed_vps(), 3U);
    EXPECT_EQ(flush(TLFS_FLUSH_ALL_PROCESSORS, 0), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(last_flushed_vps(), everyone);
    EXPECT_EQ(flush(0, u64{1} << 63), TLFS_STATUS_SUCCESS) << "a VP that does not exist";
}

TEST_F(FlushTest, nobody_and_flags_that_are_not_offered_are_refused) {
    EXPECT_EQ(flush(0, 0), TLFS_STATUS_INVALID_PARAMETER);
    for (unsigned bit = 3; bit < 64; ++bit) {
        EXPECT_EQ(flush(u64{1} << bit, 1), TLFS_STATUS_INVALID_PARAMETER) << bit;
    }
    EXPECT_EQ(flush_count(), 0U);
}

TEST_F(FlushTest, a_list_is_done_as_a_whole) {
    const tlfs_flush_virtual_address input{0, 0, 1};
    const u64 result = hypercall(vp(0), rep_call(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST, 3, 1),
                                 bytes_of(input, u64{0x1fff}, ~u64{0}, u64{0}));
    EXPECT_EQ(result, u64{3} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_EQ(flush_count(), 1U);
}

TEST_F(FlushTest, the_variable_header_holds_the_valid_banks) {
    EXPECT_EQ(flush_ex(1, {TLFS_VP_SET_SPARSE, 1}, {2}), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(last_flushed_vps(), 2U);
    EXPECT_EQ(flush_ex(2, {TLFS_VP_SET_SPARSE, 0x8001}, {1, 7}), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(last_flushed_vps(), 1U);
    EXPECT_EQ(flush_ex(1, {TLFS_VP_SET_SPARSE, 2}, {1}), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(last_flushed_vps(), 0U) << "the second bank holds no VP of ours";
    EXPECT_EQ(flush_ex(0, {TLFS_VP_SET_ALL, 0}, {}), TLFS_STATUS_SUCCESS);
    EXPECT_EQ(last_flushed_vps(), everyone);
}

TEST_F(FlushTest, other_variable_headers_sets_and_formats_are_refused) {
    EXPECT_EQ(flush_ex(0, {TLFS_VP_SET_SPARSE, 1}, {1}), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(flush_ex(3, {TLFS_VP_SET_SPARSE, 1}, {1, 0, 0}), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(flush_ex(0, {TLFS_VP_SET_SPARSE, 0}, {}), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(flush_ex(1, {TLFS_VP_SET_SPARSE, 1}, {0}), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(flush_ex(1, {2, 1}, {1}), TLFS_STATUS_INVALID_PARAMETER);
    EXPECT_EQ(flush_ex(0x3ff, {TLFS_VP_SET_SPARSE, ~u64{0}}, {}),
              TLFS_STATUS_INVALID_HYPERCALL_INPUT)
        << "longer than a page";
    EXPECT_EQ(flush_count(), 0U);
}

TEST_F(FlushTest, ranges_follow_the_banks) {
    const tlfs_flush_virtual_address_ex input{0, 0, {TLFS_VP_SET_SPARSE, 1}};
    const u64 control = with_banks(rep_call(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX, 2), 1);
    EXPECT_EQ(hypercall(vp(0), control, bytes_of(input, u64{2}, u64{0}, u64{0})),
              u64{2} << TLFS_RESULT_REPS_SHIFT);
    EXPECT_EQ(last_flushed_vps(), 2U);
}

}  // namespace
}  // namespace hypervisor
