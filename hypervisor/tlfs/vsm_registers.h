// SPDX-License-Identifier: MIT
#pragma once

#include <expected>

#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_register.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/hypercall_input.h"

namespace hypervisor {

/// Whether a register is the CPU's own (RSP to TSC_AUX, and whether it waits for a start-up IPI),
/// not the hypervisor's.
constexpr bool is_architectural(u32 name) {
    return (name >= 0x0002'0000 && name < 0x0009'0000) || name == TLFS_REG_INTERNAL_ACTIVITY_STATE;
}

/// Reads a VSM or synthetic register of a VTL of this VP.
/// @return TLFS_STATUS_INVALID_PARAMETER if there is no such register here.
/// @source TLFS, "HV_REGISTER_NAME"; tlfs.rst 3.3
std::expected<tlfs_register_value, TlfsStatus> read_vsm_register(Vp& vp, Vtl vtl, u32 name);

/// Writes one. @return INVALID_PARAMETER: no such register here, or not to be written;
/// ACCESS_DENIED: not by this caller, or read-only; INVALID_REGISTER_VALUE. Nothing has changed
/// then.
TlfsStatus write_vsm_register(Vp& vp,
                              Vtl caller,
                              Vtl vtl,
                              const tlfs_register_assignment& assignment);

}  // namespace hypervisor
