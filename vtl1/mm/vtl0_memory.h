// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "vtl1/types.h"

// The only way into VTL0's memory: by copy, within one page, after the page was checked. No pointer
// to VTL0's memory leaves this module. The copy survives whatever VTL0 does to the page meanwhile.
//
// Not covered: a page under an overlay page of VTL0's own is read as the RAM below the overlay.
namespace vtl1 {

/// Copies from the start of a page of VTL0's, each byte read once.
///
/// @param page  page aligned
/// @param into  at most one page
/// @return Error::BadAddress if the page is not aligned, not RAM or VTL1's own. Nothing was read.
/// @locks  LockRank::Ledger for a page that is named for the first time
Result<void> copy_from_vtl0(Gpa page, std::span<std::byte> into);

/// Copies from anywhere in VTL0's memory, each byte read once.
///
/// @param into  ends in the page in which it begins
/// @return Error::BadArgument if it does not, Error::BadAddress as above. Nothing was read.
Result<void> copy_part_from_vtl0(Gpa from, std::span<std::byte> into);

/// Copies to the start of a page of VTL0's.
/// @return as copy_from_vtl0, also if VTL0 itself may not write the page; nothing was written
/// @locks  LockRank::Ledger
Result<void> copy_to_vtl0(Gpa page, std::span<const std::byte> from);

/// Only the check of copy_to_vtl0, for an answer that must not fail after something was done. It
/// can still, if VTL0 has the page frozen meanwhile.
/// @locks  LockRank::Ledger
Result<void> check_vtl0_target(Gpa page);

}  // namespace vtl1
