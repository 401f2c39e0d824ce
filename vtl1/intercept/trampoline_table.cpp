// SPDX-License-Identifier: MIT
#include "vtl1/intercept/trampoline_table.h"

#include <algorithm>

namespace vtl1 {

void TrampolineTable::add(Gva address, Gpa frame) {
    const auto known = addresses();
    const auto place = static_cast<usize>(std::ranges::lower_bound(known, address) - known.begin());
    if (place == count_ || addresses_[place] != address) {
        for (usize i = count_; i > place; --i) {
            addresses_[i] = addresses_[i - 1];
            frames_[i] = frames_[i - 1];
        }
        ++count_;
    }
    addresses_[place] = address;
    frames_[place] = frame;
}

void TrampolineTable::drop(Gpa frame) {
    usize kept = 0;
    for (usize i = 0; i < count_; ++i) {
        if (frames_[i] != frame) {
            addresses_[kept] = addresses_[i];
            frames_[kept] = frames_[i];
            ++kept;
        }
    }
    count_ = kept;
}

}  // namespace vtl1
