// SPDX-License-Identifier: MIT
// test-with: vtl1/seal/executable_pages.cpp vtl1/mm/vtl0_sweep.cpp base/text.cpp
// test-with: vtl1/mm/vtl0_memory.cpp vtl1/mm/vtl0_walk.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp vtl1/mm/frame_ledger.cpp
// test-with: vtl1/mm/frame_states.cpp vtl1/mm/ram_map.cpp
// test-with: selftests/host/protection_hypervisor.cpp selftests/host/vtl0_ram.cpp
// test-with: selftests/host/panic.cpp selftests/host/waiting.cpp selftests/host/lock_ranks.cpp
#include "vtl1/seal/executable_pages.h"

#include "selftests/host/vtl0_world.h"
#include "vtl1/intercept/cpu_start.h"

namespace vtl1 {
namespace {

using enum FrameState;
using fake::vtl0_ram;

std::vector<u64> start_frames;

constexpr Gva kernel{0xffff'ffff'8100'0000};
constexpr Gva module{0xffff'ffff'a020'0000};
constexpr Gva direct_map{0xffff'8880'0000'0000};
constexpr Gpa no_page{~u64{0} << 12};

class Executable : public host::Vtl0World {
protected:
    Executable() { start_frames.clear(); }

    static constexpr Vtl0Paging paging{.root = Gpa::of_page(root_frame), .levels = 4};

    void map_run(Gva address, u64 frame, u64 count) {
        for (u64 i = 0; i < count; ++i) {
            map(Gva{address.raw() + i * page_size}, (frame + i) << 12 | entry_open);
        }
    }

    Result<void> sweep(Gpa hypercall_page = no_page) {
        pages_.begin(paging, hypercall_page);
        steps_ = 0;
        while (!pages_.is_done()) {
            const u64 before = fake::hypervisor.calls;
            TRY(pages_.step());
            EXPECT_LE(fake::hypervisor.calls - before, 1000U) << "a step is bounded";
            if (++steps_ == 10'000) {
                ADD_FAILURE() << "the sweep does not end";
                break;
            }
        }
        return {};
    }

    ExecutablePages pages_;
    int steps_ = 0;
};

TEST_F(Executable, sealed_text_is_explained) {
    change(0x800, 4, Open, FrozenText, Proof::BeforeClose);
    change(0x800, 4, FrozenText, KernelText, Proof::Compared);
    map_run(kernel, 0x800, 4);
    map(direct_map, 0x900 << 12 | entry_open | entry_no_execute);
    ASSERT_TRUE(sweep().has_value());
    EXPECT_EQ(total(Unproved), 0U);
    EXPECT_EQ(pages_.unproved_modules(), 0U);
}

TEST_F(Executable, an_unknown_page_is_refused_and_named) {
    map_run(kernel, 0x900, 1);
    EXPECT_EQ(sweep(), fail(Error::Refused));
    EXPECT_TRUE(vtl0_ram.has_logged("0xffffffff81000000"));
    EXPECT_TRUE(vtl0_ram.has_logged("frame 0x900000 (open)"));
    EXPECT_EQ(state(0x900), Open);
}

TEST_F(Executable, the_hypercall_page_is_the_hypervisors) {
    map_run(direct_map, 0x900, 1);
    EXPECT_EQ(sweep(Gpa::of_page(0x901)), fail(Error::Refused));
    EXPECT_TRUE(sweep(Gpa::of_page(0x900)).has_value());
    EXPECT_EQ(state(0x900), Open);
}

TEST_F(Executable, modules_are_unproved_and_counted_once) {
    map_run(module, 0x900, 3);
    map_run(Gva{module.raw() + 0x10'0000}, 0x900, 3);  // a second time
    ASSERT_TRUE(sweep().has_value());
    EXPECT_EQ(pages_.unproved_modules(), 3U);
    EXPECT_EQ(state(0x902), Unproved);
    EXPECT_EQ(access(0x902), 0xdU);
}

TEST_F(Executable, only_where_modules_lie) {
    for (const u64 address : {0xffff'ffff'9fff'f000U, 0xffff'ffff'ff00'0000U}) {
        map(Gva{address}, 0x900 << 12 | entry_open);
        EXPECT_EQ(sweep(), fail(Error::Refused)) << address;
        map(Gva{address}, 0);
    }
    map(Gva{0xffff'ffff'a000'0000}, 0x900 << 12 | entry_open);
    map(Gva{0xffff'ffff'feff'f000}, 0x901 << 12 | entry_open);
    EXPECT_TRUE(sweep().has_value());
}

TEST_F(Executable, start_up_code_lies_below_1_mib) {
    map_run(direct_map, 0x98, 2);
    ASSERT_TRUE(sweep().has_value());
    EXPECT_EQ(pages_.unproved_start_code(), 2U);
    EXPECT_EQ(pages_.unproved_modules(), 0U);
    EXPECT_EQ(start_frames, (std::vector<u64>{0x98, 0x99}));
    map_run(direct_map, 0x100, 1);
    EXPECT_EQ(sweep(), fail(Error::Refused));
}

TEST_F(Executable, what_lies_in_other_states_is_not_admitted) {
    change(0x900, 1, Open, FrozenData, Proof::BeforeClose);
    change(0x900, 1, FrozenData, Sealed, Proof::Compared);
    for (const u64 frame : {u64{0x900}, own_first, ram_frames, u64{1} << 30}) {
        map_run(module, frame, 1);
        EXPECT_FALSE(sweep().has_value()) << frame;
        EXPECT_TRUE(vtl0_ram.has_logged("cannot admit the executable page"));
        vtl0_ram.log.clear();
    }
    EXPECT_EQ(pages_.unproved_modules(), 0U);
}

// 2 MiB of one large page, and of a table: each change is a hypercall.
TEST_F(Executable, much_is_admitted_in_many_steps) {
    map(module, 0x400 << 12 | entry_open | entry_large, 2);
    map_run(Gva{module.raw() + 0x20'0000}, 0x600, 512);
    ASSERT_TRUE(sweep().has_value());
    EXPECT_EQ(pages_.unproved_modules(), 1024U);
    EXPECT_GE(steps_, 5);
}

TEST_F(Executable, a_gigabyte_is_refused_at_once) {
    map(Gva{0xffff'ffff'c000'0000}, entry_open | entry_large, 3);
    EXPECT_EQ(sweep(), fail(Error::Refused));
    EXPECT_TRUE(vtl0_ram.has_logged("too large: the executable page at 0xffffffffc0000000"));
    EXPECT_EQ(total(Unproved), 0U);
}

TEST_F(Executable, a_sweep_that_failed_begins_again_and_has_counted) {
    map_run(module, 0x900, 2);
    map_run(Gva{0xffff'ffff'ff00'0000}, 0xa00, 1);
    EXPECT_EQ(sweep(), fail(Error::Refused));
    EXPECT_EQ(pages_.unproved_modules(), 2U);
    map(Gva{0xffff'ffff'ff00'0000}, 0);
    ASSERT_TRUE(sweep().has_value());
    EXPECT_EQ(pages_.unproved_modules(), 2U);
}

TEST_F(Executable, a_refusal_of_the_hypervisor_can_be_tried_again) {
    map_run(module, 0x900, 2);
    fake::hypervisor.overlaid = {0x901};
    EXPECT_EQ(sweep(), fail(Error::HypervisorFailed));
    EXPECT_EQ(state(0x901), Open);
    fake::hypervisor.overlaid.clear();
    ASSERT_TRUE(sweep().has_value());
    EXPECT_EQ(pages_.unproved_modules(), 2U);
}

TEST_F(Executable, tables_are_ram_of_vtl0s) {
    map(kernel, own_first << 12 | entry_open, 2);
    EXPECT_EQ(sweep(), fail(Error::BadAddress));
    map(kernel, 0, 2);
    pages_.begin({.root = Gpa::of_page(ram_frames), .levels = 5}, no_page);
    EXPECT_EQ(pages_.step(), fail(Error::BadAddress));
}

TEST_F(Executable, once_closed_nothing_is_admitted_this_way) {
    close_all();
    map_run(module, 0x900, 1);
    EXPECT_FALSE(sweep().has_value());
    EXPECT_EQ(state(0x900), Ordinary);
}

}  // namespace

void allow_start_at(Gpa page) {
    start_frames.push_back(page.page_number());
}

}  // namespace vtl1
