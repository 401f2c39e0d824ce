// SPDX-License-Identifier: MIT
// test-with: vtl1/intercept/vtl0_store.cpp vtl1/intercept/patch_state.cpp vtl1/intercept/patchable_text.cpp
// test-with: vtl1/intercept/trampolines.cpp vtl1/intercept/trampoline_table.cpp
// test-with: policies/ftrace_trampoline.cpp
// test-with: vtl1/seal/verify.cpp vtl1/seal/regions.cpp vtl1/seal/kernel_location.cpp
// test-with: vtl1/intercept/text_write.cpp policies/text_poke.cpp policies/text_site.cpp
// test-with: policies/table_check.cpp policies/kernel_image.cpp policies/store_decoder.cpp
// test-with: vtl1/mm/vtl0_memory.cpp vtl1/mm/vtl0_walk.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/frame_ledger.cpp
// test-with: vtl1/mm/frame_states.cpp vtl1/mm/ram_map.cpp base/text.cpp mbedtls
// test-with: selftests/host/protection_hypervisor.cpp selftests/host/vtl0_ram.cpp
// test-with: selftests/host/panic.cpp selftests/host/waiting.cpp
#include <algorithm>
#include <random>

#include "selftests/host/manifest_tables.h"
#include "selftests/host/vtl0_world.h"
#include "vtl1/crypto/sha2.h"
#include "vtl1/seal/regions.h"

namespace vtl1 {
namespace {

using enum FrameState;
using fake::vtl0_ram;
using Code = std::vector<u8>;

u32 held_ranks = 0;

constexpr u64 slide = 0x40'0000;
constexpr u64 image_frame = 0x800;
constexpr u32 page_bytes = 0x1000;
constexpr u32 data_page = 4;

// Text of two pages, read-only data, data of the vdso, data.
constexpr u32 reloc64 = 0x2010;
constexpr u32 reloc32 = 0x40;
constexpr u32 inverse32 = 0x80;
constexpr u32 crossing = 0xffe;
constexpr u32 masked = 0xf00;
constexpr u32 masked_bytes = 0x10;
constexpr u32 crossing_mask = 0x1ff8;  // 8 bytes in each page

/// A site and what it holds while the kernel runs.
struct Example {
    manifest_site site;
    Code value;
    bool changes_at_run_time;
};

Code branch(u8 opcode, u32 from, u32 to) {
    const u32 distance = to - from - 5;
    return {opcode, static_cast<u8>(distance), static_cast<u8>(distance >> 8),
            static_cast<u8>(distance >> 16), static_cast<u8>(distance >> 24)};
}

const std::vector<Example>& examples() {
    static const std::vector<Example> all{
        {{0x100, MANIFEST_SITE_VALUES, 3, 2, 0}, {4, 5, 6}, false},
        {{0x200, MANIFEST_SITE_FTRACE, 5, 0, 1}, {0x0f, 0x1f, 0x44, 0, 0}, true},
        {{0x300, MANIFEST_SITE_RETURN, 5, 0, 1}, branch(0xe9, 0x300, 0x1800), false},
        {{0x340, MANIFEST_SITE_ENDBR, 4, 0, 0}, {0x66, 0x0f, 0x1f, 0}, false},
        {{0x380, MANIFEST_SITE_JUMP_LABEL, 2, 0, 0x390}, {0xeb, 0x0e}, true},
        {{0x3a0, MANIFEST_SITE_STATIC_CALL, 5, 0, 1}, branch(0xe8, 0x3a0, 0x1800), true},
        {{0x3c0, MANIFEST_SITE_TRAMPOLINE, 5, 0, 1}, branch(0xe9, 0x3c0, 0x1800), true},
        {{0x400, MANIFEST_SITE_SMP_LOCK, 1, 0, 0}, {0x3e}, false},
        {{0x420, MANIFEST_SITE_CONSTANT, 4, 0, 7}, {0x78, 0x56, 0x34, 0x12}, false},
        {{0x430, MANIFEST_SITE_CONSTANT, 4, 0, 7}, {0x78, 0x56, 0x34, 0x12}, false},
        {{0x440, MANIFEST_SITE_RELOCATED, 8, 0, 0x8100'0010},
         {0x10, 0, 0x40, 0x81, 0xff, 0xff, 0xff, 0xff},
         false},
        {{0x460, MANIFEST_SITE_FTRACE_CORE, 5, 0, 1}, branch(0xe8, 0x460, 0x1800), true},
        {{0x480, MANIFEST_SITE_SLID_VALUES, 5, 1, 6}, {0xb8, 0x10, 0, 0x40, 0x81}, false},
        {{crossing, MANIFEST_SITE_FTRACE, 5, 0, 1}, branch(0xe8, crossing, 0x1800), true},
    };
    return all;
}

class Verify : public host::Vtl0World {
protected:
    Verify() {
        made_.image_bytes = 0x4800;
        made_.regions = {{MANIFEST_REGION_TEXT, 0, 2, 1},
                         {MANIFEST_REGION_RODATA, 0x2000, 1, 0},
                         {MANIFEST_REGION_AFTER_INIT_USER, 0x3000, 1, 0}};
        made_.relocations64 = {reloc64};
        made_.relocations32 = {reloc32};
        made_.inverse32 = {inverse32};
        made_.values = {1, 2, 3, 4, 5, 6, 1, MANIFEST_SLID_ADDED, 0, 0, 0xb8, 0x10, 0, 0, 0x81};
        made_.targets = {{1, 0x1800}};
        made_.keys = {{0x4000, MANIFEST_KEY_FREE}};
        made_.masks = {{masked, masked_bytes}, {crossing_mask, 16}};
        for (const Example& example : examples()) {
            made_.sites.push_back(example.site);
        }
        link();
        load();
        held_ranks = 0;
    }

    /// Fills the pages as linked and takes their digests.
    void link() {
        std::minstd_rand random;
        for (u32 page = 0; page < 5; ++page) {
            std::ranges::generate(linked(page), [&] { return std::byte(random()); });
        }
        made_.digests.resize(3 * MANIFEST_DIGEST_BYTES);
        for (u32 page = 0; page < 3; ++page) {
            PageBytes digested = linked(page);
            for (const manifest_site& site : made_.sites) {
                blank(digested, page, site.offset, site.length);
            }
            for (const manifest_mask& mask : made_.masks) {
                blank(digested, page, mask.offset, mask.bytes);
            }
            const u32 number = page == 2 ? 0 : page + 1;
            std::ranges::copy(crypto::sha512_256(digested),
                              made_.digests.begin() + number * MANIFEST_DIGEST_BYTES);
        }
    }

    static void blank(PageBytes& page, u32 number, u32 offset, u32 bytes) {
        for (u32 at = offset; at < offset + bytes; ++at) {
            if (at / page_bytes == number) {
                page[at % page_bytes] = std::byte{0};
            }
        }
    }

    /// What the loader and boot make of it.
    void load() {
        for (u32 page = 0; page < 5; ++page) {
            vtl0_ram.pages[image_frame + page] = linked(page);
        }
        add<u64>(reloc64, slide);
        add<u32>(reloc32, static_cast<u32>(slide));
        add<u32>(inverse32, 0 - static_cast<u32>(slide));
        for (const Example& example : examples()) {
            put(example.site.offset, example.value);
        }
        for (u32 at = 0; at < masked_bytes; ++at) {
            byte(masked + at) = std::byte(at);
            byte(crossing_mask + at) = std::byte(at);
        }
    }

    PageBytes& linked(u32 page) { return linked_[page]; }

    static std::byte& byte(u32 offset) {
        return vtl0_ram.at(Gpa{image_frame * page_size + offset});
    }

    static void put(u32 offset, const Code& bytes) {
        for (const u8 each : bytes) {
            byte(offset++) = std::byte{each};
        }
    }

    template <class T>
    static void add(u32 offset, T change) {
        PageBytes& page = vtl0_ram.pages[image_frame + offset / page_bytes];
        const usize at = offset % page_bytes;
        base::store_wire(page, at, static_cast<T>(base::load_wire<T>(page, at) + change));
    }

    KernelRegions regions() {
        const auto image = base::must(policies::check_tables(made_.tables()));
        return KernelRegions{
            {.text = {.image = image, .slide = slide, .trampolines = {}},
             .location = KernelLocation{made_.link_base, slide, Gpa::of_page(image_frame),
                                        made_.image_bytes}}};
    }

    static Result<void> finish(Result<bool> (KernelRegions::*step)(), KernelRegions& regions) {
        while (!TRY((regions.*step)())) {
        }
        return {};
    }

    static Result<void> seal(KernelRegions& regions) {
        TRY(finish(&KernelRegions::freeze, regions));
        return finish(&KernelRegions::verify, regions);
    }

    /// A fresh ledger would need a fresh world: one page, without freezing.
    Result<void> check(u32 page) {
        const auto image = base::must(policies::check_tables(made_.tables()));
        KernelCheck one{{.text = {.image = image, .slide = slide, .trampolines = {}},
                         .location = KernelLocation{made_.link_base, slide,
                                                    Gpa::of_page(image_frame), made_.image_bytes}}};
        const Result<void> done = one.check_page(made_.regions[0], page);
        EXPECT_EQ(one.totals().pages, done.has_value() ? 1U : 0U);
        EXPECT_EQ(one.totals().sites > 0, done.has_value() && page == 0);
        return done;
    }

    host::ManifestTables made_;

private:
    std::array<PageBytes, 5> linked_{};
};

TEST_F(Verify, a_running_kernel_is_explained_and_sealed) {
    KernelRegions all = regions();
    vtl0_ram.after_read = [](u64) {
        EXPECT_TRUE(held_ranks & 1U << static_cast<u8>(LockRank::Patch));
    };
    ASSERT_TRUE(seal(all).has_value());
    EXPECT_EQ(held_ranks, 0U);
    EXPECT_EQ(all.totals().pages, 3U);
    EXPECT_EQ(all.totals().sites, examples().size());
    EXPECT_EQ(all.totals().masked_bytes, masked_bytes + 16U) << "each byte once";
    EXPECT_EQ(state(image_frame), KernelText);
    EXPECT_EQ(state(image_frame + 1), KernelText);
    EXPECT_EQ(state(image_frame + 2), Sealed);
    EXPECT_EQ(state(image_frame + 3), SealedUser);
    EXPECT_EQ(state(image_frame + data_page), Open);
    EXPECT_EQ(access(image_frame), 0xdU);
    EXPECT_EQ(access(image_frame + 2), 1U);
    EXPECT_EQ(total(FrozenText) + total(FrozenData), 0U);
    EXPECT_TRUE(vtl0_ram.log.empty());
}

TEST_F(Verify, a_wrong_value_of_a_site_of_any_kind_is_refused_and_named) {
    for (const Example& example : examples()) {
        load();
        vtl0_ram.log.clear();
        put(example.site.offset, Code(example.site.length, 0x90));
        EXPECT_EQ(check(0), fail(Error::Refused)) << u32{example.site.kind};
        EXPECT_TRUE(vtl0_ram.has_logged("no legal value of a site of kind"));
        // One wrong bit at the end is enough.
        load();
        byte(example.site.offset + example.site.length - 1) ^= std::byte{0x20};
        EXPECT_EQ(check(0), fail(Error::Refused)) << u32{example.site.kind};
    }
}

TEST_F(Verify, a_breakpoint_is_waited_for_where_linux_patches) {
    for (const Example& example : examples()) {
        load();
        byte(example.site.offset) = std::byte{0xcc};
        EXPECT_EQ(check(0), fail(example.changes_at_run_time ? Error::Busy : Error::Refused))
            << u32{example.site.kind};
    }
    load();
    EXPECT_TRUE(check(0).has_value());
}

TEST_F(Verify, a_page_that_is_busy_is_looked_at_again_and_counted_once) {
    KernelRegions all = regions();
    base::must(finish(&KernelRegions::freeze, all));
    const std::byte before = std::exchange(byte(crossing), std::byte{0xcc});
    EXPECT_EQ(all.verify(), fail(Error::Busy));
    EXPECT_EQ(all.verify(), fail(Error::Busy));
    EXPECT_EQ(all.totals().pages, 0U);
    byte(crossing) = before;
    ASSERT_TRUE(finish(&KernelRegions::verify, all).has_value());
    EXPECT_EQ(all.totals().sites, examples().size());
}

TEST_F(Verify, every_other_byte_counts) {
    std::minstd_rand random;
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
        const u32 offset = random() % 0x2000;
        const auto holds = [&](u32 begin, u32 bytes) {
            return offset >= begin && offset < begin + bytes;
        };
        const bool is_site = std::ranges::any_of(made_.sites, [&](const manifest_site& site) {
            return holds(site.offset, site.length);
        });
        if (is_site) {
            continue;
        }
        const bool is_masked = holds(masked, masked_bytes) || holds(crossing_mask, 16);
        byte(offset) ^= std::byte{1};
        EXPECT_EQ(check(offset / page_bytes).has_value(), is_masked) << offset;
        byte(offset) ^= std::byte{1};
        refused += is_masked ? 0 : 1;
    }
    EXPECT_GT(refused, 300);
    byte(masked) ^= std::byte{1};
    EXPECT_TRUE(check(0).has_value());
}

TEST_F(Verify, fields_must_have_the_slide) {
    for (const u32 field : {reloc32, inverse32}) {
        load();
        add<u32>(field, 0x20'0000);
        EXPECT_EQ(check(0), fail(Error::Refused));
        EXPECT_TRUE(vtl0_ram.has_logged("page at _text+0x0 is not the manifest's"));
    }
}

TEST_F(Verify, a_site_that_leads_into_the_first_page_is_looked_at) {
    made_.regions = {{MANIFEST_REGION_TEXT, 0x1000, 1, 2}};
    KernelRegions good = regions();
    byte(crossing + 3) ^= std::byte{0x40};
    base::must(finish(&KernelRegions::freeze, good));
    EXPECT_EQ(good.verify(), fail(Error::Refused));
    byte(crossing + 3) ^= std::byte{0x40};
    EXPECT_TRUE(finish(&KernelRegions::verify, good).has_value());
    EXPECT_EQ(good.totals().sites, 1U);
}

TEST_F(Verify, what_is_refused_stays_frozen_and_can_be_repaired_by_nobody) {
    KernelRegions all = regions();
    byte(0x2345) ^= std::byte{1};
    EXPECT_EQ(seal(all), fail(Error::Refused));
    EXPECT_EQ(state(image_frame), KernelText) << "it was explained";
    EXPECT_EQ(state(image_frame + 2), FrozenData);
    EXPECT_EQ(access(image_frame + 2), 9U);
    EXPECT_EQ(all.verify(), fail(Error::Refused));
}

TEST_F(Verify, freezing_goes_on_where_it_failed) {
    change(image_frame + 2, 1, Open, Unproved, Proof::BeforeClose);
    KernelRegions all = regions();
    EXPECT_EQ(all.freeze(), false);
    EXPECT_EQ(all.freeze(), fail(Error::Refused));
    EXPECT_TRUE(vtl0_ram.has_logged("pages at _text+0x2000 cannot be frozen"));
    EXPECT_EQ(all.freeze(), fail(Error::Refused));
    EXPECT_EQ(state(image_frame), FrozenText);
    EXPECT_EQ(state(image_frame + 3), Open);
    EXPECT_EQ(all.verify(), false);
    EXPECT_EQ(all.verify(), fail(Error::Refused)) << "not frozen";
}

TEST_F(Verify, the_hypervisor_may_refuse_and_then_not) {
    KernelRegions all = regions();
    fake::hypervisor.calls_until_failure = 1;
    fake::hypervisor.pages_before_failure = 1;
    EXPECT_EQ(all.freeze(), fail(Error::HypervisorFailed));
    EXPECT_EQ(state(image_frame), Open);
    EXPECT_EQ(access(image_frame), 0xfU);
    EXPECT_TRUE(seal(all).has_value());
}

TEST_F(Verify, a_manifest_without_regions_has_nothing_to_freeze) {
    made_.regions.clear();
    KernelRegions none = regions();
    EXPECT_EQ(none.freeze(), true);
    EXPECT_EQ(none.verify(), true);
    EXPECT_EQ(total(Open), ram_frames - own_count);
}

}  // namespace
}  // namespace vtl1

namespace base {

void enter_rank(u8 rank) {
    EXPECT_EQ(vtl1::held_ranks >> rank, 0U) << "locks are taken upwards";
    vtl1::held_ranks |= 1U << rank;
}

void leave_rank(u8 rank) {
    vtl1::held_ranks &= ~(1U << rank);
}

}  // namespace base
