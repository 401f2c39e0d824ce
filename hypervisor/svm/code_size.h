// SPDX-License-Identifier: MIT
#pragma once

#include "hypervisor/decode/instruction.h"
#include "hypervisor/svm/vmcb.h"

namespace hypervisor {

/// The kind of code that VTL0 runs. @source AMD APM vol. 2, 4.7.2 and 4.8.1
constexpr CodeSize code_size(const Vmcb& vmcb) {
    constexpr u16 default_32 = 1U << 10;  // D/B in VMCB attributes
    if ((vmcb.efer & efer_lma) != 0 && (vmcb.cs.attributes & segment_long) != 0) {
        return CodeSize::Code64;
    }
    return (vmcb.cs.attributes & default_32) != 0 ? CodeSize::Code32 : CodeSize::Code16;
}

}  // namespace hypervisor
