// SPDX-License-Identifier: MIT
#include "vtl1/vtl/status.h"

#include "hvcall/abi/vtl_call.h"

namespace vtl1 {

u32 to_status(Error error) {
    switch (error) {  // no default: a new Error does not build until it has an answer
        case Error::BadArgument:
            return VTL_STATUS_BAD_ARGUMENT;
        case Error::BadAddress:
            return VTL_STATUS_BAD_ADDRESS;
        case Error::NoMemory:
            return VTL_STATUS_NO_MEMORY;
        case Error::NotFound:
        case Error::Refused:
            return VTL_STATUS_REFUSED;
        case Error::TooLate:
            return VTL_STATUS_TOO_LATE;
        case Error::UnknownCall:
            return VTL_STATUS_UNKNOWN_CALL;
        case Error::Busy:
            return VTL_STATUS_AGAIN;
        case Error::HypervisorFailed:
            return VTL_STATUS_INTERNAL;
        case Error::NoEntropy:
            return VTL_STATUS_NO_ENTROPY;
    }
    __builtin_trap();
}

}  // namespace vtl1
