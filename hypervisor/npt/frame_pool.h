// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "base/types.h"

namespace hypervisor {

/// Frames of the hypervisor's own for page tables: one run of memory, taken from the top of low RAM
/// at boot and hidden from every guest. Its size covers the worst case (boot/memory_views.cpp), so
/// it can run out only by a bug. A table that is no longer used is retired first and given back
/// when no CPU can still be walking it.
class FramePool {
public:
    constexpr FramePool() = default;

    /// @param first  host-physical, page-aligned, identity-mapped
    FramePool(base::u64 first, base::u64 bytes) : next_(first), end_(first + bytes) {}

    /// A zeroed frame's address; 0 if there is none left.
    base::u64 allocate();

    /// Keeps a frame as it is until reclaim(). Only while can_retire().
    void retire(base::u64 frame);

    bool can_retire() const { return retired_count_ < retired_.size(); }

    /// Gives the retired frames back. The caller has flushed all translations on every CPU since.
    void reclaim();

private:
    std::array<base::u64, 64> retired_{};
    base::usize retired_count_ = 0;
    base::u64 free_ = 0;  // a list through the first word of each frame; 0 ends it
    base::u64 next_ = 0;
    base::u64 end_ = 0;
};

}  // namespace hypervisor
