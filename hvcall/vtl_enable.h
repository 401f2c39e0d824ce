// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/hypercall.h"

namespace hv {

namespace detail {

/// What the two calls below share. target_vtl is a plain number, not HV_INPUT_VTL (tlfs.rst 2.3).
inline HypercallResult call_with_vtl1_context(const HypercallPort& port,
                                              u16 code,
                                              u32 vp_index,
                                              const tlfs_initial_vp_context& context) {
    const tlfs_enable_vp_vtl input{.partition_id = TLFS_PARTITION_SELF,
                                   .vp_index = vp_index,
                                   .target_vtl = static_cast<u8>(Vtl::Vtl1),
                                   .reserved = {},
                                   .context = context};
    base::store_wire(*port.input, 0, input);
    return simple_call(port, code);
}

}  // namespace detail

/// Gives a VP of this partition a VTL1, which starts in `context` at that VP's first VTL call.
/// A VP that has one already keeps it: success (tlfs.rst 8.1, rule 2).
///
/// @return Error::HypervisorFailed
/// @context  VTL1, or VTL0 for the calling VP while no VP has a VTL1
/// @source TLFS, HvCallEnableVpVtl (call code 0x000f)
inline base::Result<void> enable_vp_vtl1(const HypercallPort& port,
                                         u32 vp_index,
                                         const tlfs_initial_vp_context& context) {
    const HypercallResult result =
        detail::call_with_vtl1_context(port, TLFS_CALL_ENABLE_VP_VTL, vp_index, context);
    if (result.status == TLFS_STATUS_VTL_ALREADY_ENABLED) {
        return {};
    }
    return to_result(result);
}

/// Lets VTL1 of a VP on which VTL0 waits to be started run in `context`; VTL0 goes on waiting.
///
/// @return Error::HypervisorFailed
/// @context  VTL1 of another VP; VTL1 is enabled there
/// @source TLFS, HvCallStartVirtualProcessor (call code 0x0099); tlfs.rst 2.5
inline base::Result<void> start_vtl1_of(const HypercallPort& port,
                                        u32 vp_index,
                                        const tlfs_initial_vp_context& context) {
    return to_result(
        detail::call_with_vtl1_context(port, TLFS_CALL_START_VIRTUAL_PROCESSOR, vp_index, context));
}

}  // namespace hv
