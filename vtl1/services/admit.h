// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/mm/vtl0_argument.h"
#include "vtl1/vtl/call.h"

namespace vtl1::services {

/// VTL_CALL_ADMIT: text of a module, admitted without proof, as the manifest allows: its frames
/// lose write access and become executable for VTL0's kernel.
/// @return Error::BadAddress, Error::BadArgument; Error::Refused: not sealed, the manifest does not
///         allow it, or a frame is in use for something else. No frame has changed
CallResult admit(Vtl0In<vtl_frames> page);

/// VTL_CALL_RELEASE: such frames are VTL0's to use again, and not executable.
/// @return as admit
CallResult release(Vtl0In<vtl_frames> page);

}  // namespace vtl1::services
