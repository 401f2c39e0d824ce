// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "base/bytes.h"
#include "hvcall/hypercall.h"
#include "vtl1/types.h"

// What apply_text_write() finds of VTL0, for tests.
namespace vtl1 {

/// VTL0's memory, tables and registers.
struct Machine {
    std::map<u64, PageBytes> memory;  // by page number
    std::map<u64, u64> pages;         // of VTL0's addresses, numbers
    std::map<u32, u64> registers;
    std::map<u64, int> reads;                          // of VTL0's pages, by copy
    std::function<void(u64)> after_read = [](u64) {};  // with the page's number
    bool is_window_open = false;
    bool refuses_writes = false;  // of registers
    Gva trampoline;               // that would be admitted, if it were looked at
    std::vector<Gva> looked_at;

    PageBytes input{};
    PageBytes output{};
};

extern Machine machine;

inline constexpr u64 image_page = 0x400;  // number of _text's frame; three pages

/// To a hypervisor that knows VTL0's registers.
hv::HypercallPort port();

}  // namespace vtl1
