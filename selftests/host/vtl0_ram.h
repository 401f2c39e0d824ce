// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"

/// What vtl1 reads of VTL0 through its window, its scratch page, and the lines that it logs.
namespace fake {

using base::u64;

struct Vtl0Ram {
    std::map<u64, base::PageBytes> pages;  // by page number; the others are zero
    std::function<void(u64)> after_read = [](u64 /*page*/) {};
    bool is_window_open = false;
    std::vector<std::string> log;

    std::byte& at(base::Gpa place) { return pages[place.page_number()][place.page_offset()]; }

    bool has_logged(const char* text) const;
};

extern Vtl0Ram vtl0_ram;

}  // namespace fake
