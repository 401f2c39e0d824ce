// SPDX-License-Identifier: MIT
// test-with: vtl1/mm/vtl0_memory.cpp vtl1/mm/memory.cpp
// test-with: vtl1/mm/frame_list.cpp vtl1/mm/frame_pool.cpp
// test-with: vtl1/mm/frame_ledger.cpp vtl1/mm/frame_states.cpp vtl1/mm/ram_map.cpp
// test-with: selftests/host/panic.cpp selftests/host/waiting.cpp
#include "vtl1/mm/vtl0_memory.h"

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <vector>

#include "hvcall/abi/tlfs_hypercall.h"
#include "vtl1/arch/port.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/page_window.h"
#include "vtl1/mm/vtl0_argument.h"

namespace vtl1 {
namespace {

/// VTL0's memory and a hypervisor that knows what is RAM, whatever VTL0's driver said.
struct Machine {
    std::map<u64, PageBytes> memory;  // by page number
    std::set<u64> real_ram;
    std::map<u64, u32> access;  // the last that was set
    bool is_ledger_held = false;
    int window_count = 0;
    bool is_window_open = false;
    bool is_window_writable = false;
    int hypercall_count = 0;
    std::function<void()> after_read = [] {};

    PageBytes input{};
    PageBytes output{};
    hv::HypercallPort port{
        .input = &input, .input_gpa = Gpa{0xa000}, .output = &output, .output_gpa = Gpa{0xb000}};
};

Machine machine;

constexpr Gpa good_page{0x100'000};
constexpr Gpa second_page{0x101'000};
constexpr Gpa own_page{0x110'000};
constexpr Gpa mmio_page{0x120'000};  // RAM, says the driver
constexpr Gpa hole{0x200'000};

class Vtl0Memory : public testing::Test {
protected:
    Vtl0Memory() {
        machine = Machine{};
        machine.port.input = &machine.input;
        machine.port.output = &machine.output;
        base::must(ram_map.fill(std::vector<vtl1_frame_range>{{0x100, 0x100}}));
        words_ = std::vector<std::atomic<u64>>(ram_map.word_count());
        ram_map.use_confirmations(words_);
        base::must(own_frames.fill(std::vector<vtl1_frame_range>{{0x110, 1}}));
        states_ = std::vector<std::atomic<u8>>(ram_map.frame_count());
        frame_states.open(ram_map, states_);
        frame_ledger.lock()->open();
        machine.real_ram = {0x100, 0x101, 0x110};
        machine.memory[0x100].fill(std::byte{0x11});
    }

    std::vector<std::atomic<u64>> words_;
    std::vector<std::atomic<u8>> states_;
};

using Bytes = std::array<std::byte, 64>;

TEST_F(Vtl0Memory, is_copied_through_a_read_only_window) {
    Bytes bytes{};
    ASSERT_TRUE(copy_from_vtl0(good_page, bytes).has_value());

    EXPECT_EQ(bytes.back(), std::byte{0x11});
    EXPECT_EQ(machine.window_count, 1);
    EXPECT_FALSE(machine.is_window_open);
    EXPECT_FALSE(machine.is_window_writable);
}

TEST_F(Vtl0Memory, is_written_from_the_start_of_the_page) {
    Bytes bytes{};
    bytes.fill(std::byte{0x22});
    ASSERT_TRUE(copy_to_vtl0(second_page, bytes).has_value());

    EXPECT_TRUE(machine.is_window_writable);
    EXPECT_EQ(machine.memory[0x101][0], std::byte{0x22});
    EXPECT_EQ(machine.memory[0x101][63], std::byte{0x22});
    EXPECT_EQ(machine.memory[0x101][64], std::byte{0});
}

TEST_F(Vtl0Memory, is_read_from_anywhere_within_a_page) {
    machine.memory[0x100][0xffe] = std::byte{0x33};
    std::array<std::byte, 2> two{};
    ASSERT_TRUE(copy_part_from_vtl0(Gpa{good_page.raw() + 0xffe}, two).has_value());
    EXPECT_EQ(two[0], std::byte{0x33});
    EXPECT_EQ(two[1], std::byte{0x11});
    EXPECT_EQ(copy_part_from_vtl0(Gpa{good_page.raw() + 0xfff}, two), fail(Error::BadArgument));
    EXPECT_EQ(copy_part_from_vtl0(Gpa{mmio_page.raw() + 8}, two), fail(Error::BadAddress));
    EXPECT_EQ(machine.window_count, 1);
}

TEST_F(Vtl0Memory, refuses_every_page_that_is_not_vtl0s_ram) {
    Bytes bytes{};
    for (const Gpa page :
         {Gpa{good_page.raw() + 8}, own_page, mmio_page, hole, Gpa{0}, Gpa{~u64{0}},
          Gpa{~u64{0} << 12}, Gpa{u64{1} << 52}, Gpa{u64{1} << 63 | good_page.raw()}}) {
        EXPECT_EQ(copy_from_vtl0(page, bytes), fail(Error::BadAddress)) << page.raw();
        EXPECT_EQ(copy_to_vtl0(page, bytes), fail(Error::BadAddress)) << page.raw();
        EXPECT_EQ(check_vtl0_target(page), fail(Error::BadAddress)) << page.raw();
    }
    EXPECT_EQ(machine.window_count, 0) << "nothing was mapped";
}

TEST_F(Vtl0Memory, asks_the_hypervisor_once_about_each_page) {
    Bytes bytes{};
    ASSERT_TRUE(copy_from_vtl0(good_page, bytes).has_value());
    ASSERT_TRUE(copy_from_vtl0(good_page, bytes).has_value());
    EXPECT_EQ(machine.hypercall_count, 1);
    ASSERT_TRUE(copy_from_vtl0(second_page, bytes).has_value());
    EXPECT_EQ(machine.hypercall_count, 2);
    EXPECT_EQ(machine.access[0x101], u32{TLFS_PROTECT_ALL});
}

// VTL1's own rights must not be lent to VTL0: it could have its kernel's text written as an answer.
TEST_F(Vtl0Memory, writes_no_page_that_vtl0_may_not_write) {
    Bytes bytes{};
    const auto page = base::must(base::GpaRange::of_pages(good_page, 1));
    base::must(frame_ledger.lock()->change(page, FrameState::Open, FrameState::FrozenText,
                                           Proof::BeforeClose));

    EXPECT_EQ(copy_to_vtl0(good_page, bytes), fail(Error::BadAddress));
    EXPECT_EQ(check_vtl0_target(good_page), fail(Error::BadAddress));
    EXPECT_EQ(machine.memory[0x100][0], std::byte{0x11});
    EXPECT_EQ(machine.window_count, 0);
    EXPECT_TRUE(copy_from_vtl0(good_page, bytes).has_value()) << "VTL0 may read it";
    EXPECT_EQ(machine.access[0x100], u32{TLFS_PROTECT_ALL & ~TLFS_PROTECT_WRITE}) << "as before";
}

TEST_F(Vtl0Memory, holds_the_ledger_while_it_writes) {
    Bytes bytes{};
    machine.after_read = [] { EXPECT_TRUE(machine.is_ledger_held); };
    ASSERT_TRUE(copy_to_vtl0(good_page, bytes).has_value());
    machine.after_read = [] { EXPECT_FALSE(machine.is_ledger_held); };
    ASSERT_TRUE(copy_from_vtl0(good_page, bytes).has_value());
}

TEST_F(Vtl0Memory, does_not_remember_a_refusal) {
    EXPECT_FALSE(check_vtl0_target(mmio_page).has_value());
    EXPECT_FALSE(check_vtl0_target(mmio_page).has_value());
    EXPECT_EQ(machine.hypercall_count, 2);
}

struct Pair {
    u64 size;
    u64 check;
};

// VTL0 swaps the value for a worse one as soon as VTL1 has read it.
TEST_F(Vtl0Memory, an_argument_is_read_once) {
    base::store_wire(machine.memory[0x100], 0, Pair{.size = 1, .check = 1});
    machine.after_read = [] {
        base::store_wire(machine.memory[0x100], 0, Pair{.size = 9, .check = 9});
    };

    Pair copy{};
    const auto fetched = Vtl0In<Pair>{base::Untrusted<u64>{good_page.raw()}}.fetch(copy);

    ASSERT_TRUE(fetched.has_value());
    const auto size = fetched->parse([](const Pair* pair) -> Result<u64> {
        return pair->size == pair->check ? Result<u64>{pair->size} : fail(Error::BadArgument);
    });
    EXPECT_EQ(size, 1);
    EXPECT_EQ(machine.window_count, 1);
}

}  // namespace

PageWindow::PageWindow(Gpa gpa, PageRights rights) : page_(&machine.memory[gpa.page_number()]) {
    EXPECT_FALSE(machine.is_window_open);
    EXPECT_TRUE(machine.real_ram.contains(gpa.page_number()));
    ++machine.window_count;
    machine.is_window_open = true;
    machine.is_window_writable = rights == PageRights::ReadWrite;
}

PageWindow::~PageWindow() {
    machine.is_window_open = false;
    machine.after_read();
}

const hv::HypercallPort& hypercall_port() {
    return machine.port;
}

}  // namespace vtl1

namespace base {

void enter_rank(u8 rank) {
    vtl1::machine.is_ledger_held |= rank == static_cast<u8>(vtl1::LockRank::Ledger);
}

void leave_rank(u8 rank) {
    vtl1::machine.is_ledger_held &= rank != static_cast<u8>(vtl1::LockRank::Ledger);
}

}  // namespace base

namespace hv {

// Modify protection only: one page, imposed by VTL1.
u64 call_hypervisor(u64 control, base::Gpa input, base::Gpa /*output*/) {
    EXPECT_EQ(control, TLFS_CALL_MODIFY_VTL_PROTECTION_MASK | u64{1} << TLFS_CALL_REP_COUNT_SHIFT);
    EXPECT_EQ(input, base::Gpa{0xa000});
    ++vtl1::machine.hypercall_count;
    const auto header = base::load_wire<tlfs_modify_vtl_protection_mask>(vtl1::machine.input, 0);
    EXPECT_EQ(header.input_vtl, 0x11);
    const auto page = base::load_wire<u64>(vtl1::machine.input, sizeof(header));
    vtl1::machine.access[page] = header.map_flags;
    return vtl1::machine.real_ram.contains(page) ? u64{1} << TLFS_RESULT_REPS_SHIFT
                                                 : u64{TLFS_STATUS_INVALID_PARAMETER};
}

}  // namespace hv
