// SPDX-License-Identifier: MIT
// test-with: policies/table_check.cpp policies/kernel_image.cpp selftests/host/panic.cpp
#include "policies/table_check.h"

#include <functional>
#include <gtest/gtest.h>

#include "selftests/host/manifest_tables.h"

namespace policies {
namespace {

using host::ManifestTables;

/// One of everything.
ManifestTables good() {
    ManifestTables made;
    made.symbols = {{1, 0}, {2, 0x20}, {4, 0xffff}};
    made.regions = {{MANIFEST_REGION_TEXT, 0, 4, 0},
                    {MANIFEST_REGION_RODATA, 0x4000, 2, 4},
                    {MANIFEST_REGION_DATA, 0xf000, 1, 0}};
    made.digests.resize(usize{6} * MANIFEST_DIGEST_BYTES);
    made.relocations64 = {0x10, 0x18, 0xff8};
    made.relocations32 = {0x20, 0x24};
    made.inverse32 = {0x28, 0xfffc};
    made.sites = {{0x100, MANIFEST_SITE_VALUES, 3, 2, 4},
                  {0x103, MANIFEST_SITE_RETURN, 5, 0, 7},
                  {0x110, MANIFEST_SITE_ENDBR, 4, 0, 0},
                  {0x114, MANIFEST_SITE_FTRACE, 5, MANIFEST_FTRACE_GUARDED, 9},
                  {0x120, MANIFEST_SITE_JUMP_LABEL, 2, 0, 0x1a1},
                  {0x122, MANIFEST_SITE_JUMP_LABEL, 5, 1, 0xffff},
                  {0x130, MANIFEST_SITE_STATIC_CALL, 5, 1, 7},
                  {0x140, MANIFEST_SITE_TRAMPOLINE, 6, 0, 7},
                  {0x150, MANIFEST_SITE_SMP_LOCK, 1, 0, 0},
                  {0x160, MANIFEST_SITE_CONSTANT, 8, 0, 15},
                  {0x170, MANIFEST_SITE_SLID_VALUES, 5, 2, 10},
                  {0x1ffc, MANIFEST_SITE_RELOCATED, 8, 0, 0x8100'0000},
                  {0xfffb, MANIFEST_SITE_FTRACE_CORE, 5, 0, 9}};
    made.inverse32 = {0x28, 0xfff4};
    made.values.resize(28);
    made.values[10] = 1;  // in the first value of the last: field at 1, added
    made.values[11] = MANIFEST_SLID_ADDED;
    made.values[19] = 1;  // in the second: at 1, subtracted, and at 0, added
    made.values[20] = MANIFEST_SLID_SUBTRACTED;
    made.values[22] = MANIFEST_SLID_ADDED;
    made.targets = {{7, 0}, {7, 0x10}, {9, 0x10}};
    made.keys = {{0x8000, MANIFEST_KEY_FREE}, {0x8010, MANIFEST_KEY_FROZEN}};
    made.masks = {{0x200, 0x10}, {0x210, 0x10}};
    return made;
}

TEST(TableCheck, takes_one_of_everything) {
    const ManifestTables made = good();
    EXPECT_TRUE(check_tables(made.tables()).has_value());
}

TEST(TableCheck, takes_nothing_at_all) {
    const ManifestTables made;
    EXPECT_TRUE(check_tables(made.tables()).has_value());
}

using Change = std::function<void(ManifestTables&)>;

struct Case {
    const char* what;
    Change change;
};

void expect_refused(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        ManifestTables made = good();
        one.change(made);
        EXPECT_EQ(check_tables(made.tables()), fail(Error::BadArgument)) << one.what;
    }
}

TEST(TableCheck, refuses_what_lies_wrong_in_the_image) {
    expect_refused({
        {"empty image", [](auto& made) { made = ManifestTables{.image_bytes = 0}; }},
        {"large image", [](auto& made) { made.image_bytes = image_bytes_max + 1; }},
        {"link base not aligned", [](auto& made) { made.link_base += 0x1000; }},
        {"image wraps", [](auto& made) { made.link_base = 0xffff'ffff'ffe0'0000; }},
        {"half a digest", [](auto& made) { made.digests.push_back(0); }},
        {"symbol outside", [](auto& made) { made.symbols[2].offset = 0x10000; }},
        {"symbol twice", [](auto& made) { made.symbols[1].name = 1; }},
        {"symbol 0", [](auto& made) { made.symbols[0].name = 0; }},
        {"region of another kind", [](auto& made) { made.regions[0].kind = 7; }},
        {"region of no kind", [](auto& made) { made.regions[0].kind = 0; }},
        {"region without pages", [](auto& made) { made.regions[0].page_count = 0; }},
        {"region not aligned", [](auto& made) { made.regions[2].offset = 0xe800; }},
        {"region past the end", [](auto& made) { made.regions[2].page_count = 2; }},
        {"region too long", [](auto& made) { made.regions[2].page_count = 0xffff'ffff; }},
        {"regions overlap", [](auto& made) { made.regions[1].offset = 0x3000; }},
        {"digest missing", [](auto& made) { made.regions[1].first_digest = 5; }},
        {"digest wraps", [](auto& made) { made.regions[1].first_digest = 0xffff'fffe; }},
        {"mask empty", [](auto& made) { made.masks[1].bytes = 0; }},
        {"mask outside", [](auto& made) { made.masks[1].bytes = 0xffff'ffff; }},
        {"masks overlap", [](auto& made) { made.masks[0].bytes = 0x11; }},
    });
}

TEST(TableCheck, refuses_wrong_fields) {
    expect_refused({
        {"not in order", [](auto& made) { made.relocations64 = {0x18, 0x10}; }},
        {"overlap", [](auto& made) { made.relocations64 = {0x10, 0x17}; }},
        {"twice", [](auto& made) { made.relocations32 = {0x20, 0x20}; }},
        {"crosses a page", [](auto& made) { made.relocations64 = {0xff9}; }},
        {"crosses a page", [](auto& made) { made.relocations32 = {0xffd}; }},
        {"past the end", [](auto& made) { made.inverse32 = {0x10000}; }},
        {"far past the end", [](auto& made) { made.inverse32 = {0xffff'ffff}; }},
        {"in a site", [](auto& made) { made.relocations32 = {0xfd}; }},
        {"in a site", [](auto& made) { made.inverse32 = {0x107}; }},
    });
}

TEST(TableCheck, refuses_sites_out_of_place) {
    expect_refused({
        {"no length", [](auto& made) { made.sites[8].length = 0; }},
        {"overlap", [](auto& made) { made.sites[0].offset = 0x101; }},
        {"not in order", [](auto& made) { std::swap(made.sites[2], made.sites[3]); }},
        {"past the end", [](auto& made) { made.sites[12].offset = 0xfffc; }},
        {"far past the end", [](auto& made) { made.sites[12].offset = 0xffff'ffff; }},
        {"no kind", [](auto& made) { made.sites[2].kind = 0; }},
        {"another kind", [](auto& made) { made.sites[2].kind = 13; }},
    });
}

TEST(TableCheck, refuses_wrong_kinds_of_sites) {
    expect_refused({
        {"values: none", [](auto& made) { made.sites[0].key = 0; }},
        {"values: too many", [](auto& made) { made.sites[0].key = 9; }},
        {"values: more than may be",
         [](auto& made) {
             made.sites[0].key = 257;
             made.values.resize(1000);
         }},
        {"values: more than there are", [](auto& made) { made.sites[0].key = 0xffff; }},
        {"values: far away", [](auto& made) { made.sites[0].argument = 0xffff'ffff; }},
        {"return: short", [](auto& made) { made.sites[1].length = 4; }},
        {"return: long", [](auto& made) { made.sites[12] = {0xff00, 2, 16, 0, 7}; }},
        {"return: key", [](auto& made) { made.sites[1].key = 1; }},
        {"endbr: argument", [](auto& made) { made.sites[2].argument = 1; }},
        {"endbr: length", [](auto& made) { made.sites[2].length = 3; }},
        {"ftrace: flag", [](auto& made) { made.sites[3].key = 2; }},
        {"ftrace: length", [](auto& made) { made.sites[3].length = 4; }},
        {"label: short and far", [](auto& made) { made.sites[4].argument = 0x1a2; }},
        {"label: short and far back", [](auto& made) { made.sites[4].argument = 0xa1; }},
        {"label: out of the image", [](auto& made) { made.sites[5].argument = 0x10000; }},
        {"label: length", [](auto& made) { made.sites[5].length = 4; }},
        {"label: key", [](auto& made) { made.sites[4].key = 2; }},
        {"static call: length", [](auto& made) { made.sites[6].length = 6; }},
        {"static call: key", [](auto& made) { made.sites[6].key = 2; }},
        {"trampoline: length", [](auto& made) { made.sites[7].length = 8; }},
        {"trampoline: key", [](auto& made) { made.sites[7].key = 0xffff; }},
        {"lock: length", [](auto& made) { made.sites[8].length = 2; }},
        {"lock: argument", [](auto& made) { made.sites[8].argument = 1; }},
        {"constant: length", [](auto& made) { made.sites[9].length = 3; }},
        {"relocated: length", [](auto& made) { made.sites[11].length = 5; }},
        {"core: length", [](auto& made) { made.sites[12] = {0xfffc, 11, 4, 0, 9}; }},
        {"core: key", [](auto& made) { made.sites[12].key = 1; }},
    });
}

TEST(TableCheck, refuses_wrong_slid_values) {
    expect_refused({
        {"none", [](auto& made) { made.sites[10].key = 0; }},
        {"too many", [](auto& made) { made.sites[10].key = 3; }},
        {"without their heads", [](auto& made) { made.values.resize(27); }},
        {"field past the end", [](auto& made) { made.values[10] = 2; }},
        {"field far past the end", [](auto& made) { made.values[10] = 0xff; }},
        {"second field past the end", [](auto& made) { made.values[21] = 2; }},
        {"field in a short value", [](auto& made) { made.sites[10] = {0x170, 12, 3, 1, 10}; }},
        {"no such way", [](auto& made) { made.values[11] = 3; }},
        {"second field only", [](auto& made) { made.values[20] = MANIFEST_SLID_NONE; }},
    });
}

TEST(TableCheck, refuses_wrong_targets_and_keys) {
    expect_refused({
        {"target twice", [](auto& made) { made.targets[1].offset = 0; }},
        {"groups not in order", [](auto& made) { made.targets[2].group = 6; }},
        {"target outside", [](auto& made) { made.targets[2].offset = 0x10000; }},
        {"key outside", [](auto& made) { made.keys[1].offset = 0x10000; }},
        {"key twice", [](auto& made) { made.keys[1].offset = 0x8000; }},
        {"freedom", [](auto& made) { made.keys[1].freedom = 2; }},
    });
}

TEST(TableCheck, takes_the_ends_of_what_is_right) {
    ManifestTables made = good();
    made.sites[4].argument = 0xa2;  // 128 back
    made.relocations32 = {0xfc, 0xffc};
    EXPECT_TRUE(check_tables(made.tables()).has_value());
}

TEST(TableCheck, goes_in_steps_and_fails_for_good) {
    ManifestTables made = good();
    TableCheck right{made.tables()};
    int steps = 1;
    while (!base::must(right.step(3))) {
        EXPECT_EQ(right.image().error(), Error::Busy);
        ++steps;
    }
    EXPECT_GE(steps, 11);  // 35 records
    EXPECT_TRUE(right.image().has_value());
    EXPECT_EQ(right.step(1), true);

    made.masks[1].bytes = 0;
    TableCheck wrong{made.tables()};
    ASSERT_TRUE(wrong.step(20).has_value());
    EXPECT_EQ(wrong.step(100), fail(Error::BadArgument));
    EXPECT_EQ(wrong.step(100), fail(Error::BadArgument));
    EXPECT_EQ(wrong.image().error(), Error::Busy);
}

TEST(KernelImage, finds_sites_and_targets) {
    const ManifestTables made = good();
    const KernelImage image = base::must(check_tables(made.tables()));

    EXPECT_FALSE(image.find_site(0xff).has_value());
    for (u32 offset = 0x100; offset < 0x103; ++offset) {
        EXPECT_EQ(image.find_site(offset)->kind, MANIFEST_SITE_VALUES);
    }
    EXPECT_EQ(image.find_site(0x103)->kind, MANIFEST_SITE_RETURN);
    EXPECT_EQ(image.find_site(0x108).error(), Error::NotFound);
    EXPECT_EQ(image.find_site(0xffff)->kind, MANIFEST_SITE_FTRACE_CORE);
    EXPECT_FALSE(image.find_site(0xffff'ffff).has_value());

    EXPECT_EQ(image.sites_between(0x102, 0x104).size(), 2U);
    EXPECT_EQ(image.sites_between(0x103, 0x110).size(), 1U);
    EXPECT_EQ(image.sites_between(0, 0x10000).size(), 13U);
    EXPECT_EQ(image.sites_between(0x2004, 0xfffb).size(), 0U);

    EXPECT_TRUE(image.is_target(7, 0));
    EXPECT_TRUE(image.is_target(9, 0x10));
    EXPECT_FALSE(image.is_target(9, 0));
    EXPECT_FALSE(image.is_target(8, 0x10));
    EXPECT_FALSE(image.is_target(10, 0));

    EXPECT_TRUE(image.is_frozen(*image.find_site(0x122)));
    EXPECT_FALSE(image.is_frozen(*image.find_site(0x120)));
    EXPECT_FALSE(image.is_frozen(*image.find_site(0x114)));  // its key is a flag
}

}  // namespace
}  // namespace policies
