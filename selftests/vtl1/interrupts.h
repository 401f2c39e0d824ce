// SPDX-License-Identifier: MIT
#pragma once

#include "selftests/vtl1/calls.h"
#include "vtl1/vtl/call.h"

namespace selftest {

/// SELFTEST_CALL_START_TIMER: a synthetic timer of this VP, by a vector of its own.
/// @return Error::BadArgument for a delay of 0 or of hours
vtl1::CallResult start_timer(base::Untrusted<base::u64> delay);

/// SELFTEST_CALL_SEND_IPI. @return Error::BadArgument for what is no APIC id
vtl1::CallResult send_ipi(base::Untrusted<base::u64> apic_id);

/// SELFTEST_CALL_INTERRUPT_TWICE: both are there when VTL1 returns.
vtl1::CallResult interrupt_twice();

/// SELFTEST_CALL_TAKE_INTERRUPTS.
vtl1::CallResult take_interrupts();

/// VTL1 was entered because of an interrupt, which it has not taken yet: counts it if it is one of
/// these.
void count_interrupts();

}  // namespace selftest
