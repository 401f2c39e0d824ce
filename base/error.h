// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace base {

/// Why something was refused. Each means that the caller can act on it differently; where it
/// happened goes to the log, not into the enum.
enum class Error : u8 {
    BadArgument = 1,   // a value outside its range, or a reserved field that is not zero
    BadAddress,        // not RAM, not aligned, wraps around, or somebody else's
    NoMemory,          // a bounded resource is used up; nothing was taken
    NotFound,          // no such object
    Refused,           // understood, and not allowed
    TooLate,           // was allowed only in an earlier phase
    UnknownCall,       // no such call
    Busy,              // somebody else is at it; ask again
    HypervisorFailed,  // a hypercall that cannot fail here failed
    NoEntropy,         // the CPU has neither RDSEED nor RDRAND
};

}  // namespace base
