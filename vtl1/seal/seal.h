// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/seal/manifest.h"

// How VTL0 comes to be sealed (Documentation/sealing.rst). One CPU at a time.
namespace vtl1 {

/// Where the next page of the manifest comes from: 63:32 section, 31:0 page; all ones: nowhere.
using WantedPage = u64;

/// Takes the manifest's header, if the operator has signed it. The same header again changes
/// nothing.
///
/// @param copy  in VTL1's memory
/// @return Error::Refused (signature, or version below the floor), Error::BadArgument (not a
///         manifest), Error::TooLate (another one was taken), Error::NoMemory, Error::Busy
/// @locks  LockRank::Seal, as the others here
Result<WantedPage> take_manifest_header(const manifest_header& copy);

/// Takes a page of a section from VTL0.
/// @return Error::BadArgument (not the page that is wanted), Error::BadAddress, Error::Refused (the
///         section is not what was signed; it begins anew)
Result<WantedPage> take_manifest_page(Gpa page, const ManifestPlace& place);

/// Does one bounded step.
/// @return steps left, roughly, 0: VTL0 is sealed. Error::Busy: VTL0 is patching what is being
/// looked
///         at, ask again. Error::Refused and others: the log says what is wrong; what was frozen
///         stays frozen, and the call may be repeated
Result<u64> seal_step();

/// Whether the manifest lets modules run whose text nobody has explained. False without a manifest.
bool are_unproved_modules_allowed();

}  // namespace vtl1
