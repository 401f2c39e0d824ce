// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Which RDMSR, WRMSR and port accesses exit. Some do always, and on every VP; writes of VTL0 also
/// where VTL1 has asked for them on that VP. MSRs outside the three ranges that a map covers always
/// exit. @source AMD APM vol. 2, 15.10.1 and 15.11

/// Fills in what always exits. @context boot only, before use_permission_maps()
void initialise_permission_maps();

/// Points both VMCBs of a VP to its maps, with nothing asked for by VTL1.
void use_permission_maps(Vp& vp);

/// @param msr    in one of the ranges of a map
/// @param armed  whether WRMSR of VTL0 on this VP exits; false: only if it always does
/// @context the VP runs nowhere else
void intercept_msr_write(Vp& vp, u32 msr, bool armed);

}  // namespace hypervisor
