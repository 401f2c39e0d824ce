// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_vsm.h"
#include "selftests/vtl1/calls.h"
#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_ARM_INTERCEPTS: what the hypervisor intercepts on this VP.
/// @return Error::HypervisorFailed if it refuses one of the values
vtl1::CallResult arm_intercepts(base::Untrusted<base::u64> control,
                                base::Untrusted<base::u64> cr0_mask,
                                base::Untrusted<base::u64> cr4_mask,
                                base::Untrusted<base::u64> allows);

/// SELFTEST_CALL_LAST_INTERCEPT. @return Error::BadAddress
vtl1::CallResult last_intercept(vtl1::Vtl0Out<tlfs_message> out);

/// Keeps the message that has come. Does what VTL0 wanted if arm_intercepts() allows it.
void see_intercept();

}  // namespace selftest
