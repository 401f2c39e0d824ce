// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "hvcall/abi/vtl_call.h"
#include "vtl1/types.h"

namespace vtl1 {

/// The number of a log line; the first is 0.
enum class LogSequence : u64 {};

/// The last lines that were logged. A new line overwrites the oldest.
class LogRing {
public:
    static constexpr usize line_count = 128;
    static constexpr usize line_bytes_max = 119;

    /// Longer lines are cut; what is not printable ASCII becomes '?'.
    void add(std::string_view text);

    /// Fills a page with the lines from `from` on, or from the oldest left. If there is none, first
    /// and next sequence are that of the next line.
    void copy(LogSequence from, vtl_log_page& page) const;

    /// Lines before `next` have been read: overwriting them loses nothing.
    void mark_read(LogSequence next);

    u64 lost() const { return lost_; }

private:
    struct Line {
        u8 size_bytes = 0;
        std::array<u8, line_bytes_max> text{};
    };

    u64 oldest() const { return next_ > line_count ? next_ - line_count : 0; }

    std::array<Line, line_count> lines_{};
    u64 next_ = 0;  // of the next line
    u64 read_ = 0;  // one past the last line read
    u64 lost_ = 0;
};

}  // namespace vtl1
