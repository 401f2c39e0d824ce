// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/decode/system_write.h"
#include "hypervisor/svm/code_size.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// A general register of the active VTL by its number in instructions, 0 to 15.
u64& general_register(Vp& vp, u8 number);

/// The instruction at RIP of the active VTL, as its memory has it now: another CPU may have changed
/// it since it exited. @return the errors of decoding; Error::BadArgument also if it cannot be read
base::Result<SystemWrite> decode_system_write(const Vp& vp);

/// Limits are not looked at. @param length  of the instruction, bytes
u64 linear_address(Vp& vp, const MemoryOperand& operand, u8 length);

}  // namespace hypervisor
