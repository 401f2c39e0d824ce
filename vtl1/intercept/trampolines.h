// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/intercept/patchable_text.h"
#include "vtl1/intercept/trampoline_table.h"

namespace vtl1 {

struct Vtl0Paging;

/// Lets VTL0 execute a page that it has filled with a trampoline for a tracer, if every byte of it
/// is explained: takes write access from the page's frame, examines it and only then grants
/// execution. A later store takes that from it again (vtl1/intercept/memory_access.h).
///
/// @param trampolines  gets the page's address
/// @param address  where the page begins; VTL0's tables say what lies there
/// @return Error::Refused: it is no such page, there are too many, or its frame is in use for
///         something else. Error::NotFound, BadAddress: it is not mapped, or not RAM.
///         Error::HypervisorFailed. The frame is as it was then, or has less rights
/// @locks  LockRank::Ledger; LockRank::Patch is held
Result<void> admit_trampoline(TrampolineTable& trampolines,
                              const PatchableText& place,
                              const Vtl0Paging& paging,
                              Gva address);

}  // namespace vtl1
