// SPDX-License-Identifier: MIT
#include "hypervisor/npt/frame_pool.h"

#include <cstring>

namespace hypervisor {

namespace {

// SAFETY: frames of the pool are ours and identity-mapped.
void* memory_of(base::u64 frame) {
    return reinterpret_cast<void*>(frame);
}

}  // namespace

base::u64 FramePool::allocate() {
    base::u64 frame = free_;
    if (frame != 0) {
        std::memcpy(&free_, memory_of(frame), sizeof(free_));
    } else if (next_ != end_) {
        frame = next_;
        next_ += base::page_size;
    } else {
        return 0;
    }
    std::memset(memory_of(frame), 0, base::page_size);
    return frame;
}

void FramePool::retire(base::u64 frame) {
    retired_[retired_count_++] = frame;
}

void FramePool::reclaim() {
    while (retired_count_ != 0) {
        const base::u64 frame = retired_[--retired_count_];
        std::memcpy(memory_of(frame), &free_, sizeof(free_));
        free_ = frame;
    }
}

}  // namespace hypervisor
