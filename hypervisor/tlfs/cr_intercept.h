// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <optional>

#include "hvcall/abi/tlfs_register.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/hypercall_input.h"

namespace hypervisor {

/// Whether it is one of the registers by which VTL1 says what of VTL0's it is asked about:
/// CrInterceptControl, CrInterceptCr0Mask, CrInterceptCr4Mask.
/// @source TLFS, HV_REGISTER_CR_INTERCEPT_CONTROL; tlfs.rst 3.3
constexpr bool is_cr_intercept(u32 name) {
    return name >= TLFS_REG_CR_INTERCEPT_CONTROL && name <= TLFS_REG_CR_INTERCEPT_CR4_MASK;
}

/// @param name  is_cr_intercept()
/// @return TLFS_STATUS_ACCESS_DENIED for a VTL other than VTL1
std::expected<u64, TlfsStatus> read_cr_intercept(Vp& vp, Vtl vtl, u32 name);

/// From the next entry of VTL0 on, what is asked for exits, and nothing else.
/// @return ACCESS_DENIED as above, INVALID_REGISTER_VALUE for an event that cannot be intercepted;
/// nothing has changed then.
TlfsStatus write_cr_intercept(Vp& vp, Vtl vtl, u32 name, u64 value);

/// All three are 0.
void reset_cr_intercepts(Vp& vp);

/// The name of the register that a WRMSR of VTL0 writes, if VTL1 is to be asked about it.
std::optional<u32> asked_about_msr(const Vp& vp, u32 msr);

}  // namespace hypervisor
