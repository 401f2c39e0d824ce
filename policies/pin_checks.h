// SPDX-License-Identifier: MIT
#pragma once

#include "policies/pinned_registers.h"

namespace policies {

/// What the CPU offers for its kernel's protection.
struct PinTraits {
    bool has_smep;
    bool has_smap;
    bool has_umip;
};

/// Whether a value is one that a kernel in order has while it runs: pinning another would make a
/// weakness permanent. CR0 with WP; CR4 with what the CPU offers of SMEP, SMAP and UMIP, and
/// without VMXE; EFER with NXE and without SVME; entry points and tables at kernel addresses.
/// CSTAR, SYSENTER_ESP and SYSENTER_EIP may be 0: not every kernel takes 32-bit system calls.
bool is_fit_to_pin(Pin pin, tlfs_register_value value, const PinTraits& traits);

}  // namespace policies
