// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "vtl1/types.h"

namespace vtl1 {

/// Trampolines of ftrace's that are admitted: where traced functions may call.
class TrampolineTable {
public:
    static constexpr usize entries_max = 64;

    /// Ascending.
    std::span<const Gva> addresses() const { return std::span{addresses_}.first(count_); }

    bool is_full() const { return count_ == entries_max; }

    /// One that is there already gets this frame.
    /// @pre not full
    void add(Gva address, Gpa frame);

    /// The frame has lost execution.
    void drop(Gpa frame);

private:
    std::array<Gva, entries_max> addresses_{};
    std::array<Gpa, entries_max> frames_{};  // of the same numbers
    usize count_ = 0;
};

}  // namespace vtl1
