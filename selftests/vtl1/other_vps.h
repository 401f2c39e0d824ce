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

/// SELFTEST_CALL_ENABLE_VP, SELFTEST_CALL_START_VTL1 and SELFTEST_CALL_START_VTL0: enables VTL1 on
/// a VP that the boot information does not name, and starts it.
/// @return Error::HypervisorFailed
vtl1::CallResult enable_vp(base::Untrusted<base::u64> vp_index);
vtl1::CallResult start_vtl1(base::Untrusted<base::u64> vp_index);
vtl1::CallResult start_vtl0(base::Untrusted<base::u64> vp_index,
                            base::Untrusted<base::u64> rip,
                            base::Untrusted<base::u64> cr3);

/// SELFTEST_CALL_SUSPEND_VTL0.
/// @return Error::HypervisorFailed
vtl1::CallResult suspend_vtl0(base::Untrusted<base::u64> vp_index);

}  // namespace selftest
