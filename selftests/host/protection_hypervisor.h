// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "base/address.h"
#include "hvcall/hypercall.h"

/// A hypervisor that knows nothing but what VTL0 may do with each page of RAM, and what its
/// registers hold; vtl1's hypercall port. Numbers as in TLFS, not from our headers.
namespace fake {

using base::u32;
using base::u64;

inline constexpr u32 readable = 1;
inline constexpr u32 writable = 2;
inline constexpr u32 kernel_executable = 4;
inline constexpr u32 user_executable = 8;

struct Change {
    u64 page;
    u32 before;
    u32 after;
};

struct ProtectionHypervisor {
    std::map<u64, u32> access;     // of each page of real RAM
    std::set<u64> overlaid;        // these cannot change
    std::set<u64> refused;         // pages at which it has stopped
    std::vector<Change> changes;   // in order
    std::map<u32, u64> registers;  // of VTL0, by name; others cannot be read
    std::map<u32, u64> vtl1_registers;
    u64 calls = 0;
    u64 pages_per_call = 4095;    // then it ends early, with success
    u64 calls_until_failure = 0;  // 1: the next one fails; 0: none does
    u64 failures_in_a_row = 1;
    u64 pages_before_failure = 0;  // of the call that fails
    std::function<void()> after_failure = [] {};
    bool is_odd = false;  // a call was malformed, or asked for rights that do not exist

    base::PageBytes input{};
    base::PageBytes output{};
    hv::HypercallPort port;

    /// Real RAM, open to VTL0.
    void add_ram(u64 first, u64 count);
};

extern ProtectionHypervisor hypervisor;

/// Forgets everything.
void reset_hypervisor();

}  // namespace fake
