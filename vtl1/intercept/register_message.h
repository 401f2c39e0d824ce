// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_vsm.h"
#include "policies/pinned_registers.h"
#include "vtl1/types.h"

namespace vtl1 {

/// VTL0 is about to write a register that VTL1 is asked about.
struct RegisterIntercept {
    policies::Pin pin;
    bool is_in_memory;          // `value.low` is the linear address of the operand
    tlfs_register_value value;  // what is to be written; of TR only the selector counts
    bool is_64_bit_code;
    u64 rip;
    u64 next_rip;
};

/// @param message  a copy
/// @return Error::NotFound for another kind of message; Error::BadArgument for a broken one, one
/// without the instruction's length, and for a register that is never pinned
/// @source TLFS, HV_X64_REGISTER_INTERCEPT_MESSAGE, HV_X64_MSR_INTERCEPT_MESSAGE; tlfs.rst 4.6
Result<RegisterIntercept> parse_register_intercept(const tlfs_message& message);

}  // namespace vtl1
