// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/page_table_entry.h"

namespace vtl1 {

/// One page of VTL0's memory, mapped for as long as this lives. There is one window on each CPU.
class [[nodiscard]] PageWindow {
public:
    /// @param gpa  a page of RAM that is not VTL1's
    PageWindow(Gpa gpa, PageRights rights);
    ~PageWindow();

    PageWindow(const PageWindow&) = delete;
    PageWindow& operator=(const PageWindow&) = delete;

    PageBytes& page() { return *page_; }

private:
    PageBytes* page_;
};

}  // namespace vtl1
