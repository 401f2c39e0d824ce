// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_CHANGE_FRAMES: one change of the frame ledger, whether its proof is there or not.
/// @return the ledger's errors; Error::BadArgument for a state or proof that does not exist
vtl1::CallResult change_frames(base::Untrusted<base::u64> first,
                               base::Untrusted<base::u64> count,
                               base::Untrusted<base::u64> what);

/// SELFTEST_CALL_FRAME_STATE.
vtl1::CallResult frame_state(base::Untrusted<base::u64> page);

/// SELFTEST_CALL_FRAME_TOTAL.
vtl1::CallResult frame_total(base::Untrusted<base::u64> state);

/// SELFTEST_CALL_CLOSE_KERNEL_EXECUTION: one step.
vtl1::CallResult close_kernel_execution();

}  // namespace selftest
