// SPDX-License-Identifier: MIT
#include "selftests/host/vtl0_ram.h"

#include <algorithm>

#include "base/panic.h"
#include "vtl1/log/log.h"
#include "vtl1/mm/page_window.h"
#include "vtl1/mm/scratch.h"
#include "vtl1/types.h"

namespace fake {

Vtl0Ram vtl0_ram;

bool Vtl0Ram::has_logged(const char* text) const {
    return std::ranges::any_of(log, [&](const std::string& line) { return line.contains(text); });
}

namespace {

alignas(base::page_size) base::PageBytes scratch_bytes;
u64 open_page;

}  // namespace

}  // namespace fake

namespace vtl1 {

PageWindow::PageWindow(Gpa gpa, PageRights /*rights*/)
    : page_(&fake::vtl0_ram.pages[gpa.page_number()]) {
    if (fake::vtl0_ram.is_window_open) {
        base::panic("a second window");
    }
    fake::vtl0_ram.is_window_open = true;
    fake::open_page = gpa.page_number();
}

PageWindow::~PageWindow() {
    fake::vtl0_ram.is_window_open = false;
    fake::vtl0_ram.after_read(fake::open_page);
}

PageBytes& scratch_page() {
    return fake::scratch_bytes;
}

void log_line(std::string_view text) {
    fake::vtl0_ram.log.emplace_back(text);
}

}  // namespace vtl1
