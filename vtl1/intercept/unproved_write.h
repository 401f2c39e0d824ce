// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/intercept/intercept_message.h"
#include "vtl1/vtl/entry_frame.h"

namespace hv {
struct HypercallPort;
}

namespace vtl1 {

/// Does a store of VTL0's into text of modules that nobody has explained, if it looks like a round
/// of Linux's own patching, and moves VTL0 on. So static keys and tracing go on working in modules,
/// and VTL0 never holds write access to what its kernel executes.
///
/// What such text holds was VTL0's choice when it was let in, and still is. Code with which CPUs
/// start is no such text: whoever changes that could do so with every CPU that comes online.
///
/// Not covered: a store that begins at the start of a page behind a breakpoint on the page before,
/// and one across two pages. They are not done.
///
/// @param frame  VTL0's registers
/// @return Error::Refused and others: nothing was written, but for Error::HypervisorFailed, after
///         which it can be tried again
/// @locks  LockRank::Patch
/// @context  any CPU, in an intercept of a write
Result<void> apply_unproved_write(const hv::HypercallPort& port,
                                  EntryFrame& frame,
                                  const MemoryIntercept& intercept);

/// How many were done.
/// @locks  LockRank::Patch
u64 unproved_write_count();

}  // namespace vtl1
