// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hvcall/abi/tlfs_vsm.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Puts an intercept message into slot 0 of the VP's VTL1 and requests SINT0's vector. If the slot
/// is taken, marks the message in it as "more pending" and drops this one: VTL0's instruction runs
/// again after VTL1 returned, so nothing is lost.
/// @param type  TLFS_MESSAGE_*
/// @param body  the payload, at most 240 bytes
/// @return false if VTL1 cannot take messages on this VP; nothing has changed then.
/// @source TLFS, "Secure Intercepts", "SynIC Message Page"
bool post_intercept(Vp& vp, u32 type, std::span<const u8> body);

}  // namespace hypervisor
