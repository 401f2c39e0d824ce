// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/crypto/p384.h"

namespace vtl1::crypto {

/// Registers the secret of the key that signs VTL1's statements.
/// @context  boot only
void prepare_statement_key();

/// The key of this boot, made at the first call that gets so far; it is named in the log then. Each
/// step on the way costs as much as a verification, and returns Error::Busy.
/// @return Error::Busy: ask again; Error::Refused: VTL1 is out of service
Result<const P384Key*> statement_key();

}  // namespace vtl1::crypto
