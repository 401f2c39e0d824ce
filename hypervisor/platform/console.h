// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <string_view>

#include "base/text.h"
#include "base/types.h"

namespace hypervisor::console {

/// Writes one whole line to the debug console; lines of different CPUs do not mix. VTL0 has no
/// access to the port. Used by what cannot allocate a Line: panics, VTL1's crash texts.
void write_line(std::string_view text);

/// From here on nobody waits for the console: its holder may be the one that ended the machine.
void take_over();

/// Collects one line and writes it when it dies: `console::Line{} << "pages " << count;`
class Line {
public:
    Line() : text_(buffer_) {}

    ~Line() { write_line(text_.view()); }

    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    template <class T>
    Line& operator<<(const T& value) {
        text_ << value;
        return *this;
    }

private:
    std::array<char, 240> buffer_{};
    base::Text text_;
};

/// Lets at most `limit` lines of one kind through, then one that says that the rest is dropped:
/// what VTL0 can cause at will must not fill the log.
class Budget {
public:
    constexpr explicit Budget(base::u32 limit) : left_(limit) {}

    /// True if the caller may write its line.
    bool take();

private:
    std::atomic<base::u32> left_;
};

/// The debug console of QEMU (`-debugcon`, iobase 0xe9).
inline constexpr base::u16 debug_port = 0xe9;

}  // namespace hypervisor::console
