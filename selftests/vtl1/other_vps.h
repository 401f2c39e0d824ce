// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_GET_TSC_AUX: reads VTL0's TSC_AUX on any VP.
/// @return Error::HypervisorFailed
vtl1::CallResult get_tsc_aux(base::Untrusted<base::u64> vp_index);

/// SELFTEST_CALL_SET_TSC_AUX: writes it.
/// @return Error::HypervisorFailed
vtl1::CallResult set_tsc_aux(base::Untrusted<base::u64> vp_index, base::Untrusted<base::u64> value);

}  // namespace selftest
