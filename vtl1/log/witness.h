// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/hypercall.h"
#include "vtl1/log/witness_log.h"

namespace vtl1 {

/// Takes the witness log's pages and lets VTL0 read them.
/// @return Error::NoMemory, Error::HypervisorFailed
/// @context  boot only, after all frames of VTL1's are closed
Result<void> open_witness_log(bool has_reference_time);

/// Records something that VTL0 tried on this CPU.
/// @param policy  MANIFEST_POLICY_* or WITNESS_POLICY_*
/// @locks  LockRank::Witness, as the others here
void witness(u16 policy, u16 cause, u64 rip, Gpa gpa, u64 value = 0);

WitnessLog::Totals witness_totals();

/// The hypervisor's, in 100 ns; 0 if it has none. Takes no lock.
u64 reference_time();

/// Where the pages lie.
std::array<Gpa, WITNESS_PAGE_COUNT> witness_pages();

}  // namespace vtl1
