// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"
#include "vtl1/arch/interrupt_vectors.h"

namespace vtl1 {

/// Remembers whether the hypervisor takes crash reports.
/// @context  boot only
void enable_failure_reports(bool has_crash_msrs);

/// Sends registers and backtrace to the hypervisor's console, through the crash MSRs.
/// Takes no lock; follows frame pointers only within this CPU's own stacks.
/// @source TLFS, "Guest Crash Enlightenments"
void report_failure(Cpu& cpu, const ExceptionFrame& frame, u64 fault_address);

}  // namespace vtl1
