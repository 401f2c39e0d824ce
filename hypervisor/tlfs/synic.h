// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_vsm.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// What VTL0 tried at memory that VTL1 has closed.
struct MemoryIntercept {
    u64 gpa;
    u8 access_type;  // TLFS_ACCESS_TYPE_*
};

/// Puts a GpaIntercept message into slot 0 of the VP's VTL1 and requests SINT0's vector. If the
/// slot is taken, marks that one as "more pending" instead: VTL0's instruction runs again after
/// VTL1 returned, so nothing is lost.
/// @return false if VTL1 cannot take messages on this VP; nothing has changed then.
/// @source TLFS, "Secure Intercepts", "SynIC Message Page"
bool post_memory_intercept(Vp& vp, const MemoryIntercept& intercept);

}  // namespace hypervisor
