// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/crash_report.h"

#include <algorithm>

#include "hypervisor/platform/console.h"
#include "hypervisor/tlfs/guest_memory.h"

namespace hypervisor {

namespace {

constexpr usize line_bytes = 200;

/// Writes the text line by line; a line that is too long is broken.
void print_text(std::span<const u8> text) {
    std::array<char, line_bytes> line{};
    usize length = 0;
    const auto flush = [&] {
        console::Line{} << "VTL1| " << std::string_view{line.data(), length};
        length = 0;
    };
    for (const u8 c : text) {
        if (c == '\n') {
            flush();
            continue;
        }
        line[length++] = c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
        if (length == line.size()) {
            flush();
        }
    }
    if (length != 0) {
        flush();
    }
}

}  // namespace

bool report_crash(Vp& vp, u64 control) {
    if ((control & ~(TLFS_CRASH_NOTIFY | TLFS_CRASH_MESSAGE)) != 0) {
        return false;
    }
    const std::array<u64, 5>& p = vp.context().crash.parameter;
    console::Line{} << "VTL1 failed on vp " << u64{vp.index} << ": " << base::Hex{p[0]} << " "
                    << base::Hex{p[1]} << " " << base::Hex{p[2]} << " " << base::Hex{p[3]} << " "
                    << base::Hex{p[4]};
    if ((control & TLFS_CRASH_MESSAGE) == 0) {
        return true;
    }
    std::array<u8, base::page_size> text{};
    const u64 left_in_page = base::page_size - p[3] % base::page_size;
    const std::span bytes = std::span{text}.first(std::min(p[4], left_in_page));
    if (auto locked = partition.lock(); !read_guest(locked, Vtl::Vtl1, p[3], bytes)) {
        return true;
    }
    print_text(bytes);
    return true;
}

}  // namespace hypervisor
