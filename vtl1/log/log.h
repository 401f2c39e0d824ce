// SPDX-License-Identifier: MIT
#pragma once

#include "base/text.h"
#include "vtl1/log/log_ring.h"

namespace vtl1 {

/// @locks  LockRank::Log, as the others here
void log_line(std::string_view text);

void log_copy(LogSequence from, vtl_log_page& page);
void log_mark_read(LogSequence next);

/// Logs one line made of text and numbers.
template <class... Parts>
void log(const Parts&... parts) {
    std::array<char, LogRing::line_bytes_max> buffer{};
    base::Text text{buffer};
    static_cast<void>((text << ... << parts));
    log_line(text.view());
}

/// For what VTL0 can cause at will: the first few are logged, then every time the count has
/// doubled.
/// @param count  how often it has happened, this time included
constexpr bool is_worth_logging(u64 count) {
    constexpr u64 all_up_to = 8;
    return count <= all_up_to || (count & (count - 1)) == 0;
}

}  // namespace vtl1
