// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/vtl1/calls.h"
#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_TEST_REGISTERS: reports the shared registers, writes the private ones.
/// @return Error::BadAddress
vtl1::CallResult test_registers(vtl1::Vtl0Out<vtl_selftest_registers> out);

}  // namespace selftest
