// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"
#include "hvcall/vtl.h"

// The functions of this folder are inline: an image that makes no hypercall links none.

namespace hv {

/// Where one CPU puts hypercall input and finds output: two whole pages of plain RAM that the
/// caller's VTL owns, under no overlay. One outstanding call per port, interrupts off.
/// @source TLFS, "Hypercall Inputs"; tlfs.rst 8.1, rules 14 and 15
struct HypercallPort {
    base::PageBytes* input = nullptr;
    base::Gpa input_gpa;
    base::PageBytes* output = nullptr;
    base::Gpa output_gpa;
};

/// What the hypervisor answered.
/// @source TLFS, "Hypercall Outputs"
struct HypercallResult {
    u16 status;
    u16 reps_done;  // absolute: the start index is included

    static constexpr HypercallResult from_raw(u64 raw) {
        return {.status = static_cast<u16>(raw & TLFS_RESULT_STATUS),
                .reps_done = static_cast<u16>(raw >> TLFS_RESULT_REPS_SHIFT & TLFS_CALL_REP_MAX)};
    }

    constexpr bool is_success() const { return status == TLFS_STATUS_SUCCESS; }
};

/// The seam: one call through the hypercall page. Each image, and each host test, has its own.
u64 call_hypervisor(u64 control, base::Gpa input, base::Gpa output);

/// A call without a list.
inline HypercallResult simple_call(const HypercallPort& port, u16 code) {
    return HypercallResult::from_raw(call_hypervisor(code, port.input_gpa, port.output_gpa));
}

/// A call with a list of `rep_count` elements, from element `rep_start` on.
inline HypercallResult rep_call(const HypercallPort& port, u16 code, u16 rep_count, u16 rep_start) {
    const u64 control = u64{code} | u64{rep_count} << TLFS_CALL_REP_COUNT_SHIFT |
                        u64{rep_start} << TLFS_CALL_REP_START_SHIFT;
    return HypercallResult::from_raw(call_hypervisor(control, port.input_gpa, port.output_gpa));
}

/// No dependence on the exact status (tlfs.rst 8.1, rule 2).
/// @return Error::HypervisorFailed
inline base::Result<void> to_result(HypercallResult result) {
    if (!result.is_success()) {
        return base::fail(base::Error::HypervisorFailed);
    }
    return {};
}

/// A call with a list, repeated until all of it is done: one that the hypervisor ends early with
/// success goes on at the element where it stopped.
/// @return Error::HypervisorFailed; the elements before the failing one have then been done
/// @source TLFS, "Hypercall Continuation"
inline base::Result<void> rep_call_to_end(const HypercallPort& port, u16 code, u16 count) {
    u16 done = 0;
    while (done < count) {
        const HypercallResult result = rep_call(port, code, count, done);
        TRY(to_result(result));
        if (result.reps_done <= done || result.reps_done > count) {
            return base::fail(base::Error::HypervisorFailed);
        }
        done = result.reps_done;
    }
    return {};
}

}  // namespace hv
