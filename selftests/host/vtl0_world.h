// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <gtest/gtest.h>
#include <vector>

#include "base/wire.h"
#include "selftests/host/protection_hypervisor.h"
#include "selftests/host/vtl0_ram.h"
#include "vtl1/mm/memory.h"
#include "vtl1/mm/page_table_entry.h"

namespace host {

/// A machine of 32 MiB under VTL1's real ledger: VTL0's memory, its page tables and registers.
class Vtl0World : public testing::Test {
protected:
    static constexpr vtl1::u64 ram_frames = 0x2000;
    static constexpr vtl1::u64 own_first = 0x1800;  // VTL1's frames
    static constexpr vtl1::u64 own_count = 0x20;
    static constexpr vtl1::u64 root_frame = 0x1000;  // of VTL0's tables; others follow

    static constexpr vtl1::u64 entry_open = 7;  // present, writable, user
    static constexpr vtl1::u64 entry_large = 0x80;
    static constexpr vtl1::u64 entry_no_execute = vtl1::u64{1} << 63;

    Vtl0World() {
        using namespace vtl1;
        fake::reset_hypervisor();
        fake::vtl0_ram = fake::Vtl0Ram{};
        fake::hypervisor.add_ram(0, ram_frames);
        base::must(ram_map.fill(std::vector<vtl1_frame_range>{{0, ram_frames}}));
        base::must(own_frames.fill(std::vector<vtl1_frame_range>{{own_first, own_count}}));
        for (u64 page = own_first; page < own_first + own_count; ++page) {
            fake::hypervisor.access[page] = 0;
        }
        confirmations_ = std::vector<std::atomic<u64>>(ram_map.word_count());
        ram_map.use_confirmations(confirmations_);
        states_ = std::vector<std::atomic<u8>>(ram_map.frame_count());
        frame_states.open(ram_map, states_);
        frame_ledger.lock()->open();
    }

    ~Vtl0World() override { EXPECT_FALSE(fake::hypervisor.is_odd); }

    static vtl1::FrameState state(vtl1::u64 frame) {
        return vtl1::frame_states.state_of(base::Gpa::of_page(frame));
    }

    static vtl1::u64 total(vtl1::FrameState state) {
        return vtl1::frame_ledger.lock()->totals().of(state);
    }

    static vtl1::u32 access(vtl1::u64 frame) { return fake::hypervisor.access.at(frame); }

    static void change(vtl1::u64 frame,
                       vtl1::u64 count,
                       vtl1::FrameState from,
                       vtl1::FrameState to,
                       vtl1::Proof proof) {
        const auto frames = base::must(base::GpaRange::of_pages(base::Gpa::of_page(frame), count));
        base::must(vtl1::frame_ledger.lock()->change(frames, from, to, proof));
    }

    static void close_all() {
        while (base::must(vtl1::frame_ledger.lock()->close_kernel_execution()) != 0) {
        }
    }

    /// Writes the entry at `level`, and tables on the way that give everything.
    void map(vtl1::Gva address, vtl1::u64 entry, vtl1::u64 level = 1) {
        vtl1::u64 table = root_frame;
        for (vtl1::u64 at = vtl1::table_levels; at > level; --at) {
            vtl1::u64 next = slot(table, address, at);
            if (next == 0) {
                next = ++last_table_ << base::page_shift | entry_open;
                base::store_wire(fake::vtl0_ram.pages[table], place(address, at), next);
            }
            table = next >> base::page_shift;
        }
        base::store_wire(fake::vtl0_ram.pages[table], place(address, level), entry);
    }

private:
    static vtl1::usize place(vtl1::Gva address, vtl1::u64 level) {
        return (address.raw() >> vtl1::table_shift(level) & 0x1ff) * sizeof(vtl1::u64);
    }

    static vtl1::u64 slot(vtl1::u64 table, vtl1::Gva address, vtl1::u64 level) {
        return base::load_wire<vtl1::u64>(fake::vtl0_ram.pages[table], place(address, level));
    }

    std::vector<std::atomic<vtl1::u64>> confirmations_;
    std::vector<std::atomic<vtl1::u8>> states_;
    vtl1::u64 last_table_ = root_frame;
};

}  // namespace host
