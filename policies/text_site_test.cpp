// SPDX-License-Identifier: MIT
// test-with: policies/text_site.cpp policies/table_check.cpp policies/kernel_image.cpp
// test-with: selftests/host/panic.cpp
#include "policies/text_site.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "selftests/host/site_model.h"

namespace policies {
namespace {

using host::Bytes;
using host::ManifestTables;

constexpr u64 slide = 0x1200'0000;
constexpr u64 start = 0xffff'ffff'9300'0000;
constexpr u32 group = 3;
constexpr u32 first_target = 0x100;
constexpr u32 second_target = 0x8000;
constexpr u32 target_of_others = 0x4000;
const std::vector<Gva> trampolines{Gva{start - 0x1000}, Gva{start + 0x5000},
                                   Gva{start + 0x20'0000}};  // one in the image, by mistake

Bytes branch(std::initializer_list<u8> opcode, u32 from, u64 to, usize width = 4) {
    return host::SiteModel::branch(opcode, from, to, width);
}

/// Judged at 0x1000.
bool is_legal(manifest_site site, const Bytes& bytes) {
    ManifestTables made;
    site.offset = 0x1000;
    site.length = static_cast<u8>(bytes.size());
    made.sites = {site};
    made.values = {1, 2, 3, 4, 5, 6};
    made.targets = {{group, first_target}, {group, second_target}, {group + 1, target_of_others}};
    made.keys = {{0, 0}};
    const auto image = check_tables(made.tables());
    return image.has_value() &&
           is_legal_value({.image = *image, .slide = slide, .trampolines = trampolines}, site,
                          bytes);
}

constexpr u32 at = 0x1000;
const Bytes nop5{0x0f, 0x1f, 0x44, 0x00, 0x00};
const Bytes ret{0xc3, 0xcc, 0xcc, 0xcc, 0xcc};
const Bytes xor5{0x2e, 0x2e, 0x2e, 0x31, 0xc0};
const Bytes stopped{0xcc, 0x1f, 0x44, 0x00, 0x00};

TEST(TextSite, values_are_those_listed) {
    const manifest_site site{0, MANIFEST_SITE_VALUES, 2, 2, 1};
    EXPECT_TRUE(is_legal(site, {2, 3}));
    EXPECT_TRUE(is_legal(site, {4, 5}));
    EXPECT_FALSE(is_legal(site, {1, 2}));
    EXPECT_FALSE(is_legal(site, {3, 4}));
    EXPECT_FALSE(is_legal(site, {5, 6}));
}

TEST(TextSite, return_is_a_thunk_of_the_group_or_ret) {
    const manifest_site site{0, MANIFEST_SITE_RETURN, 0, 0, group};
    EXPECT_TRUE(is_legal(site, ret));
    EXPECT_TRUE(is_legal(site, branch({0xe9}, at, first_target)));
    EXPECT_TRUE(is_legal(site, branch({0xe9}, at, second_target)));
    Bytes padded = branch({0xe9}, at, first_target);
    padded.push_back(0xcc);
    EXPECT_TRUE(is_legal(site, padded));
    padded.back() = 0x90;
    EXPECT_FALSE(is_legal(site, padded));
    EXPECT_FALSE(is_legal(site, {0xc3, 0xcc, 0xcc, 0xcc, 0x90}));
    EXPECT_FALSE(is_legal(site, branch({0xe9}, at, target_of_others)));
    EXPECT_FALSE(is_legal(site, branch({0xe9}, at, first_target + 1)));
    EXPECT_FALSE(is_legal(site, branch({0xe8}, at, first_target)));
    EXPECT_FALSE(is_legal(site, nop5));
}

TEST(TextSite, endbr_is_there_or_sealed) {
    const manifest_site site{0, MANIFEST_SITE_ENDBR, 0, 0, 0};
    EXPECT_TRUE(is_legal(site, {0xf3, 0x0f, 0x1e, 0xfa}));
    EXPECT_TRUE(is_legal(site, {0x66, 0x0f, 0x1f, 0x00}));
    EXPECT_FALSE(is_legal(site, {0xf3, 0x0f, 0x1e, 0xfb}));
    EXPECT_FALSE(is_legal(site, {0x90, 0x90, 0x90, 0x90}));
}

TEST(TextSite, ftrace_calls_its_group_or_a_trampoline) {
    const manifest_site site{0, MANIFEST_SITE_FTRACE, 0, 0, group};
    EXPECT_TRUE(is_legal(site, nop5));
    EXPECT_TRUE(is_legal(site, branch({0xe8}, at, second_target)));
    EXPECT_TRUE(is_legal(site, branch({0xe8}, at, 0 - u64{0x1000})));
    EXPECT_TRUE(is_legal(site, branch({0xe8}, at, 0x20'0000)));
    EXPECT_FALSE(is_legal(site, branch({0xe8}, at, 0x20'0001)));
    EXPECT_FALSE(is_legal(site, branch({0xe8}, at, 0x5000)));
    EXPECT_FALSE(is_legal(site, branch({0xe8}, at, target_of_others)));
    EXPECT_FALSE(is_legal(site, branch({0xe9}, at, second_target)));
    EXPECT_FALSE(is_legal(site, stopped));
    EXPECT_FALSE(is_legal(site, xor5));
    EXPECT_FALSE(is_legal(site, ret));
}

TEST(TextSite, ftrace_core_calls_its_group_only) {
    const manifest_site site{0, MANIFEST_SITE_FTRACE_CORE, 0, 0, group};
    EXPECT_TRUE(is_legal(site, nop5));
    EXPECT_TRUE(is_legal(site, branch({0xe8}, at, first_target)));
    EXPECT_FALSE(is_legal(site, branch({0xe8}, at, 0x20'0000)));
    EXPECT_FALSE(is_legal(site, branch({0xe9}, at, first_target)));
}

TEST(TextSite, jump_label_is_a_nop_or_jumps_to_its_target) {
    const manifest_site far{0, MANIFEST_SITE_JUMP_LABEL, 0, 0, 0x9000};
    EXPECT_TRUE(is_legal(far, nop5));
    EXPECT_TRUE(is_legal(far, branch({0xe9}, at, 0x9000)));
    EXPECT_FALSE(is_legal(far, branch({0xe9}, at, 0x9001)));
    EXPECT_FALSE(is_legal(far, branch({0xe8}, at, 0x9000)));
    EXPECT_FALSE(is_legal(far, stopped));
    const manifest_site near{0, MANIFEST_SITE_JUMP_LABEL, 0, 0, 0x1010};
    EXPECT_TRUE(is_legal(near, {0x66, 0x90}));
    EXPECT_TRUE(is_legal(near, {0xeb, 0x0e}));
    EXPECT_FALSE(is_legal(near, {0xeb, 0x0f}));
    EXPECT_FALSE(is_legal(near, {0x89, 0xf6}));
    const manifest_site back{0, MANIFEST_SITE_JUMP_LABEL, 0, 0, 0xff0};
    EXPECT_TRUE(is_legal(back, {0xeb, 0xee}));
}

TEST(TextSite, static_call_has_three_forms) {
    const manifest_site site{0, MANIFEST_SITE_STATIC_CALL, 0, 0, group};
    for (const Bytes& legal :
         {nop5, xor5, branch({0xe8}, at, first_target), branch({0xe8}, at, second_target)}) {
        EXPECT_TRUE(is_legal(site, legal)) << +legal[0];
    }
    for (const Bytes& other :
         {stopped, ret, branch({0xe8}, at, target_of_others), branch({0xe8}, at, 0x20'0000),
          branch({0xe9}, at, first_target), branch({0x0f, 0x84}, at, first_target),
          branch({0xea}, at, first_target)}) {
        EXPECT_FALSE(is_legal(site, other)) << +other[0];
    }
}

TEST(TextSite, trampoline_of_a_static_call_never_calls) {
    const manifest_site site{0, MANIFEST_SITE_TRAMPOLINE, 0, 0, group};
    EXPECT_TRUE(is_legal(site, ret));
    EXPECT_TRUE(is_legal(site, branch({0xe9}, at, first_target)));
    EXPECT_FALSE(is_legal(site, branch({0xe8}, at, first_target)));
    EXPECT_FALSE(is_legal(site, branch({0xe9}, at, 0x20'0000)));
    EXPECT_FALSE(is_legal(site, nop5));
    EXPECT_FALSE(is_legal(site, xor5));
    EXPECT_TRUE(is_legal(site, branch({0x0f, 0x84}, at, first_target)));
    EXPECT_TRUE(is_legal(site, branch({0x0f, 0x8f}, at, second_target)));
    EXPECT_FALSE(is_legal(site, branch({0x0f, 0x90}, at, first_target)));
    EXPECT_FALSE(is_legal(site, branch({0x0e, 0x84}, at, first_target)));
    EXPECT_FALSE(is_legal(site, branch({0x0f, 0x84}, at, first_target + 1)));
}

TEST(TextSite, lock_is_a_prefix) {
    const manifest_site site{0, MANIFEST_SITE_SMP_LOCK, 0, 0, 0};
    EXPECT_TRUE(is_legal(site, {0xf0}));
    EXPECT_TRUE(is_legal(site, {0x3e}));
    EXPECT_FALSE(is_legal(site, {0x90}));
}

TEST(TextSite, relocated_is_the_field_moved_by_the_slide) {
    const manifest_site site{0, MANIFEST_SITE_RELOCATED, 0, 0, 0x8123'4567};
    EXPECT_TRUE(is_legal(site, {0x67, 0x45, 0x23, 0x93}));
    EXPECT_FALSE(is_legal(site, {0x67, 0x45, 0x23, 0x81}));
    EXPECT_TRUE(is_legal(site, {0x67, 0x45, 0x23, 0x93, 0xff, 0xff, 0xff, 0xff}));
    EXPECT_FALSE(is_legal(site, {0x67, 0x45, 0x23, 0x93, 0xff, 0xff, 0xff, 0x7f}));
}

TEST(TextSite, slid_values_are_moved_by_the_slide) {
    ManifestTables made;
    const manifest_site site{0x1000, MANIFEST_SITE_SLID_VALUES, 9, 2, 1};
    made.sites = {site};
    made.values = {0,  // somebody else's
                   1,
                   MANIFEST_SLID_ADDED,
                   5,
                   MANIFEST_SLID_SUBTRACTED,
                   0xc7,
                   0x67,
                   0x45,
                   0x23,
                   0x81,
                   0x10,
                   0,
                   0,
                   0x20,
                   0,
                   MANIFEST_SLID_NONE,
                   0,
                   MANIFEST_SLID_NONE,
                   1,
                   2,
                   3,
                   4,
                   5,
                   6,
                   7,
                   8,
                   9};
    const KernelText text{
        .image = base::must(check_tables(made.tables())), .slide = slide, .trampolines = {}};
    EXPECT_TRUE(is_legal_value(text, site, Bytes{0xc7, 0x67, 0x45, 0x23, 0x93, 0x10, 0, 0, 0x0e}));
    EXPECT_TRUE(is_legal_value(text, site, Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_FALSE(is_legal_value(text, site, Bytes{0xc7, 0x67, 0x45, 0x23, 0x81, 0x10, 0, 0, 0x20}));
    EXPECT_FALSE(is_legal_value(text, site, Bytes{0xc7, 0x67, 0x45, 0x23, 0x93, 0x10, 0, 0, 0x32}));
}

TEST(TextSite, bytes_of_another_length_are_not_legal) {
    ManifestTables made;
    const manifest_site site{0, MANIFEST_SITE_SMP_LOCK, 1, 0, 0};
    made.sites = {site};
    const KernelText text{.image = base::must(check_tables(made.tables())), .trampolines = {}};
    EXPECT_TRUE(is_legal_value(text, site, Bytes{0xf0}));
    EXPECT_FALSE(is_legal_value(text, site, Bytes{}));
    EXPECT_FALSE(is_legal_value(text, site, Bytes{0xf0, 0xf0}));
}

TEST(ConstantGroups, want_one_number_a_group) {
    ConstantGroups groups;
    const manifest_site first{0, MANIFEST_SITE_CONSTANT, 2, 0, 0};
    const manifest_site last{0, MANIFEST_SITE_CONSTANT, 4, 0, 0xffff'ffff};
    EXPECT_TRUE(groups.agrees(first, Bytes{1, 2}));
    EXPECT_TRUE(groups.agrees(last, Bytes{0, 0, 0, 0}));
    EXPECT_TRUE(groups.agrees(first, Bytes{1, 2}));
    EXPECT_FALSE(groups.agrees(first, Bytes{1, 3}));
    EXPECT_FALSE(groups.agrees(last, Bytes{0, 0, 0, 1}));
    EXPECT_TRUE(groups.agrees(first, Bytes{1, 2}));

    for (u32 other = 2; other < constant_groups_max; ++other) {
        EXPECT_TRUE(groups.agrees({0, MANIFEST_SITE_CONSTANT, 1, 0, other}, Bytes{0}));
    }
    EXPECT_FALSE(groups.agrees({0, MANIFEST_SITE_CONSTANT, 1, 0, 100}, Bytes{0})) << "too many";
    EXPECT_TRUE(groups.agrees(first, Bytes{1, 2}));
}

/// All legal values by the model, and what one changed byte makes of them.
TEST(TextSite, agrees_with_the_model_near_every_legal_value) {
    ManifestTables made;
    made.targets = {{group, 0x1000}, {group, 0x1105}, {group, 0x20ff}, {4, 0x1004}};
    made.keys = {{0, 0}};
    made.sites = {{0x1000, MANIFEST_SITE_FTRACE, 5, 0, group},
                  {0x1010, MANIFEST_SITE_STATIC_CALL, 5, 0, group},
                  {0x1020, MANIFEST_SITE_TRAMPOLINE, 6, 0, group},
                  {0x1030, MANIFEST_SITE_TRAMPOLINE, 5, 0, group},
                  {0x1040, MANIFEST_SITE_JUMP_LABEL, 2, 0, 0x1000},
                  {0x1050, MANIFEST_SITE_JUMP_LABEL, 5, 0, 0x1000},
                  {0x1060, MANIFEST_SITE_FTRACE_CORE, 5, 0, group},
                  {0x1070, MANIFEST_SITE_ENDBR, 4, 0, 0}};
    const KernelText text{.image = base::must(check_tables(made.tables())),
                          .slide = slide,
                          .trampolines = trampolines};
    const host::SiteModel model{.tables = made, .slide = slide, .trampolines = trampolines};
    for (const manifest_site& site : made.sites) {
        const std::vector<Bytes> values = model.legal_values(site);
        const auto is_listed = [&](const Bytes& bytes) {
            return std::ranges::find(values, bytes) != values.end();
        };
        for (const Bytes& value : values) {
            ASSERT_TRUE(is_legal_value(text, site, value)) << site.offset;
            for (usize i = 0; i < value.size(); ++i) {
                for (u32 byte = 0; byte <= 0xff; ++byte) {
                    Bytes other = value;
                    other[i] = static_cast<u8>(byte);
                    ASSERT_EQ(is_legal_value(text, site, other), is_listed(other)) << site.offset;
                }
            }
        }
    }
}

}  // namespace
}  // namespace policies
