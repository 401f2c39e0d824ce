// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace hypervisor {

/// Frames of the hypervisor's own for page tables: one run of memory, taken from the top of low RAM
/// at boot and hidden from every guest. Its size covers the worst case (boot/main.cpp), so it can
/// run out only by a bug; nothing is ever given back.
class FramePool {
public:
    constexpr FramePool() = default;

    /// @param first  host-physical, page-aligned, identity-mapped
    FramePool(base::u64 first, base::u64 bytes) : next_(first), end_(first + bytes) {}

    /// A zeroed frame's address; 0 if there is none left.
    base::u64 allocate();

private:
    base::u64 next_ = 0;
    base::u64 end_ = 0;
};

}  // namespace hypervisor
