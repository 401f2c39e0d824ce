// SPDX-License-Identifier: MIT
#include "vtl1/crypto/arena.h"

#include "base/panic.h"
#include "vtl1/crypto/wipe.h"
#include "vtl1/mm/pointer.h"

namespace vtl1::crypto {

// First fit. Blocks that live long lie lowest, so that most searches are short.
usize Arena::find_free(usize count) const {
    usize run = 0;
    for (usize i = lowest_free_; i < unit_count;) {
        if (lengths_[i] != 0) {
            i += lengths_[i];
            run = 0;
            continue;
        }
        ++i;
        ++run;
        if (run == count) {
            return i - count;
        }
    }
    return none;
}

void* Arena::allocate(usize bytes) {
    if (bytes == 0 || bytes > sizeof(units_)) {
        return nullptr;
    }
    const usize count = (bytes + unit_bytes - 1) / unit_bytes;
    const usize first = find_free(count);
    if (first == none) {
        return nullptr;
    }
    lengths_[first] = static_cast<u16>(count);
    if (first == lowest_free_) {
        lowest_free_ += count;
    }
    taken_ += count;
    peak_ = std::max(peak_, taken_);
    return &units_[first];
}

void Arena::release(void* memory) {
    if (memory == nullptr) {
        return;
    }
    const usize distance = address_of(memory).raw() - address_of(units_.data()).raw();
    const usize first = distance / unit_bytes;
    if (first >= unit_count || distance % unit_bytes != 0 || lengths_[first] == 0) {
        base::panic("crypto: memory given back that was not taken");
    }
    const usize count = lengths_[first];
    wipe(std::as_writable_bytes(std::span{units_}.subspan(first, count)));
    lengths_[first] = 0;
    lowest_free_ = std::min(lowest_free_, first);
    taken_ -= count;
}

void Arena::clear() {
    wipe(memory());
    lengths_.fill(0);
    lowest_free_ = 0;
    taken_ = 0;
}

}  // namespace vtl1::crypto
