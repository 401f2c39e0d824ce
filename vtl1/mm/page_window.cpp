// SPDX-License-Identifier: MIT
#include "vtl1/mm/page_window.h"

#include "base/panic.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/mm/pointer.h"

namespace vtl1 {

// An entry that was not present is in no TLB (Intel SDM vol. 3A, 4.10.4.3), so only the end
// invalidates.
PageWindow::PageWindow(Gpa gpa, PageRights rights)
    : page_(pointer_to<PageBytes>(this_cpu().window)) {
    PageTableEntry& entry = *this_cpu().window_entry;
    if (entry.raw() != 0) {
        base::panic("page window: open already");
    }
    entry = PageTableEntry::page(gpa, rights);
    memory_barrier();
}

PageWindow::~PageWindow() {
    *this_cpu().window_entry = PageTableEntry{};
    invalidate_page(this_cpu().window);
}

}  // namespace vtl1
