// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/hypercall.h"

namespace hv {

/// Gives a VP of this partition a VTL1, which starts in `context` at that VP's first VTL call.
/// A VP that has one already keeps it: success (tlfs.rst 8.1, rule 2).
///
/// @return Error::HypervisorFailed
/// @context  VTL1, or VTL0 for the calling VP while no VP has a VTL1
/// @source TLFS, HvCallEnableVpVtl (call code 0x000f)
inline base::Result<void> enable_vp_vtl1(const HypercallPort& port,
                                         u32 vp_index,
                                         const tlfs_initial_vp_context& context) {
    // target_vtl is a plain number here, not HV_INPUT_VTL (tlfs.rst 2.3).
    const tlfs_enable_vp_vtl input{.partition_id = TLFS_PARTITION_SELF,
                                   .vp_index = vp_index,
                                   .target_vtl = static_cast<u8>(Vtl::Vtl1),
                                   .reserved = {},
                                   .context = context};
    base::store_wire(*port.input, 0, input);
    const HypercallResult result = simple_call(port, TLFS_CALL_ENABLE_VP_VTL);
    if (result.status == TLFS_STATUS_VTL_ALREADY_ENABLED) {
        return {};
    }
    return to_result(result);
}

}  // namespace hv
