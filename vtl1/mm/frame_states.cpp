// SPDX-License-Identifier: MIT
#include "vtl1/mm/frame_states.h"

#include "base/panic.h"

namespace vtl1 {

u64 FrameTotals::sum() const {
    u64 sum = 0;
    for (const u64 count : counts_) {
        sum += count;
    }
    return sum;
}

void FrameStates::open(const RamMap& ram, std::span<std::atomic<u8>> bytes) {
    if (bytes.size() < ram.frame_count()) {
        base::panic("frame states: too few bytes");
    }
    ram_ = &ram;
    static_assert(FrameState{} == FrameState::Open);
    bytes_ = bytes.first(ram.frame_count());
}

FrameState FrameStates::state_of(Gpa gpa) const {
    return ram_ != nullptr && ram_->contains(gpa) ? at(ram_->index_of(gpa)) : FrameState::Foreign;
}

// Pairs with the release in set(): who sees a state sees what was done before it was reached.
FrameState FrameStates::at(u64 index) const {
    return static_cast<FrameState>(bytes_[index].load(std::memory_order_acquire));
}

u64 FrameStates::run_length(u64 index, u64 limit) const {
    const FrameState state = at(index);
    u64 length = 1;
    while (length < limit && at(index + length) == state) {
        ++length;
    }
    return length;
}

void FrameStates::set(u64 index, FrameState state) {
    bytes_[index].store(static_cast<u8>(state), std::memory_order_release);
}

}  // namespace vtl1
