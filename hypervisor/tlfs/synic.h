// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
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

/// Puts another message into VTL1's slot of a SINT and requests its vector.
/// @param sint  0 to 15
/// @return false if VTL1 cannot take it now. A message that is in the way is marked as "more
/// pending"; the caller tries again before each entry of the VP.
/// @source TLFS, "SynIC Message Page"
bool post_message(Vp& vp, u32 sint, u32 type, std::span<const u8> body);

/// SCONTROL, SVERSION, EOM and SINT0 to SINT15 of a VTL. An empty optional, or false: another MSR,
/// or a value that is refused. @source TLFS, "SynIC Registers"; tlfs.rst 3.1
std::optional<u64> read_synic_msr(const Vp& vp, Vtl vtl, u32 msr);
bool write_synic_msr(Vp& vp, Vtl vtl, u32 msr, u64 value);

}  // namespace hypervisor
