// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Synthetic MSRs 0x40000000 to 0x400fffff of the VP's active VTL. An empty optional, or false,
/// means #GP(0): not listed, not advertised, read-only, or a value that has no meaning; nothing has
/// changed then. @source TLFS, "Synthetic MSRs"; tlfs.rst 3.1
std::optional<u64> read_synthetic_msr(Vp& vp, u32 msr);
bool write_synthetic_msr(Vp& vp, u32 msr, u64 value);

/// Those that are registers for HvCallGetVpRegisters and HvCallSetVpRegisters as well, of a VTL of
/// the VP's: pages, SynIC, timers.
std::optional<u64> read_private_msr(Vp& vp, Vtl vtl, u32 msr);
bool write_private_msr(Vp& vp, Vtl vtl, u32 msr, u64 value);

/// The same for pages alone.
bool write_page_msr(Vp& vp, Vtl vtl, u32 msr, u64 value);

/// Code page offsets as HV_REGISTER_VSM_CODE_PAGE_OFFSETS packs them.
u64 code_page_offsets();

}  // namespace hypervisor
