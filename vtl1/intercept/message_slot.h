// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"

namespace vtl1 {

/// Takes the message out of this CPU's intercept slot, which is then free for the next.
/// @return a copy; Error::NotFound if the slot is empty (tlfs.rst 8.1, rule 9)
/// @source TLFS, "SynIC Message Slots"; the protocol: tlfs.rst 4.6
Result<tlfs_message> take_message(Cpu& cpu);

}  // namespace vtl1
