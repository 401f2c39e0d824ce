// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <span>

#include "policies/frame_state.h"
#include "vtl1/mm/ram_map.h"

namespace vtl1 {

using policies::FrameState;

/// How many frames are in each state.
class FrameTotals {
public:
    u64 of(FrameState state) const { return counts_[static_cast<usize>(state)]; }

    /// By number of the state.
    const std::array<u64, policies::frame_state_count>& all() const { return counts_; }

    void add(FrameState state, u64 count) { counts_[static_cast<usize>(state)] += count; }

    /// @pre count <= of(state)
    void remove(FrameState state, u64 count) { counts_[static_cast<usize>(state)] -= count; }

    /// Of all states together.
    u64 sum() const;

private:
    std::array<u64, policies::frame_state_count> counts_{};
};

/// One byte for each frame of the RAM map. Read without a lock; written by the frame ledger only,
/// which has one.
class FrameStates {
public:
    /// Every frame is Open.
    /// @param bytes  one for each frame of the map, all zero; outlive this
    void open(const RamMap& ram, std::span<std::atomic<u8>> bytes);

    /// What the frame was a moment ago: it says nothing about now, unless the ledger is locked. Who
    /// handles a denied access and finds a state that grants it lets VTL0 try again: the frame is
    /// between two states on another CPU, which does not wait for this one.
    /// @return Foreign outside the RAM map
    FrameState state_of(Gpa gpa) const;

    /// By number in the RAM map.
    FrameState at(u64 index) const;

    /// How many frames from this one on, `limit` at most, are in its state.
    /// @pre index + limit <= frame_count()
    u64 run_length(u64 index, u64 limit) const;

    u64 frame_count() const { return bytes_.size(); }

    /// Grows when the ledger begins to change access, and when it has done so: odd in between.
    static u64 change_count() { return changes.load(std::memory_order_acquire); }

private:
    friend class FrameLedger;

    void set(u64 index, FrameState state);

    static void count_change() { changes.fetch_add(1, std::memory_order_acq_rel); }

    const RamMap* ram_ = nullptr;
    std::span<std::atomic<u8>> bytes_;
    // Not a part of the object, which is read-only after boot.
    static inline constinit std::atomic<u64> changes{0};
};

}  // namespace vtl1
