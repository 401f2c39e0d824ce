// SPDX-License-Identifier: MIT
#pragma once

#include <expected>

#include "base/types.h"
#include "hvcall/abi/tlfs_hypercall.h"

namespace hypervisor {

using base::u16;
using base::u64;
using base::u8;

/// A TLFS_STATUS_* code, as it goes into bits 15:0 of the hypercall result.
using TlfsStatus = u16;

/// The call code alone; the only part that means something when the rest is malformed. Unknown
/// codes are refused before the rest is looked at.
constexpr u16 call_code_of(u64 control) {
    return static_cast<u16>(control & TLFS_CALL_CODE);
}

/// What kind of control value a call takes.
struct CallShape {
    bool is_rep = false;
    bool has_variable_header = false;
};

/// The control value of a hypercall, taken apart.
/// @source TLFS, "Hypercall Inputs"
struct HypercallInput {
    u16 code = 0;
    bool is_fast = false;
    u16 variable_header_qwords = 0;  // units of 8 bytes; 0..1023
    u16 rep_count = 0;               // elements; 0..4095
    u16 rep_start = 0;               // the first element to be worked on

    friend constexpr bool operator==(const HypercallInput&, const HypercallInput&) = default;
};

/// @return TLFS_STATUS_INVALID_HYPERCALL_INPUT if a reserved bit or the nested bit is set.
std::expected<HypercallInput, TlfsStatus> parse_hypercall_input(u64 control);

/// The same, and fits it to the call: a simple call has neither count nor start; a rep call has at
/// least one element and starts before the last; only a variable call has a variable header.
/// @return TLFS_STATUS_INVALID_HYPERCALL_INPUT
std::expected<HypercallInput, TlfsStatus> parse_hypercall_input(u64 control, CallShape shape);

/// The result value: the status, and how many elements of a rep call are done, those before
/// rep_start included.
/// @param reps_completed  at most 4095; 0 for a simple call
/// @source TLFS, "Hypercall Result Value"
constexpr u64 hypercall_result(TlfsStatus status, u16 reps_completed) {
    return u64{status} | (u64{reps_completed} & TLFS_CALL_REP_MAX) << TLFS_RESULT_REPS_SHIFT;
}

}  // namespace hypervisor
