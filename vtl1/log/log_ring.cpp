// SPDX-License-Identifier: MIT
#include "vtl1/log/log_ring.h"

#include <algorithm>
#include <span>

namespace vtl1 {

void LogRing::add(std::string_view text) {
    if (next_ >= line_count && next_ - line_count >= read_) {
        ++lost_;
    }
    Line& line = lines_[next_ % line_count];
    const std::string_view cut = text.substr(0, line_bytes_max);
    std::ranges::transform(cut, line.text.begin(), [](char c) {
        return c >= ' ' && c <= '~' ? static_cast<u8>(c) : static_cast<u8>('?');
    });
    line.size_bytes = static_cast<u8>(cut.size());
    ++next_;
}

void LogRing::copy(LogSequence from, vtl_log_page& page) const {
    page = {};
    const u64 first = std::clamp(static_cast<u64>(from), oldest(), next_);
    const std::span text{page.text};
    usize used = 0;
    u64 sequence = first;
    for (; sequence < next_; ++sequence) {
        const Line& line = lines_[sequence % line_count];
        if (line.size_bytes + usize{1} > text.size() - used) {
            break;
        }
        std::ranges::copy(std::span{line.text}.first(line.size_bytes), text.subspan(used).begin());
        used += line.size_bytes;
        text[used] = '\n';
        ++used;
    }
    page.first_sequence = first;
    page.next_sequence = sequence;
    page.lost = lost_;
    page.text_bytes = static_cast<u32>(used);
}

void LogRing::mark_read(LogSequence next) {
    read_ = std::max(read_, std::min(static_cast<u64>(next), next_));
}

}  // namespace vtl1
