// SPDX-License-Identifier: MIT
#include "hypervisor/npt/frame_pool.h"

#include <cstring>

namespace hypervisor {

base::u64 FramePool::allocate() {
    if (next_ == end_) {
        return 0;
    }
    const base::u64 frame = next_;
    next_ += base::page_size;
    // SAFETY: the frame is ours, identity-mapped, and nobody has seen it yet.
    std::memset(reinterpret_cast<void*>(frame), 0, base::page_size);
    return frame;
}

}  // namespace hypervisor
