// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/arch/cpu.h"

namespace vtl1 {

/// Why the hypervisor entered VTL1: TLFS_VTL_ENTRY_*. Before the assist page is enabled no
/// interrupt can come, so it is a call.
inline u32 entry_reason(const Cpu& cpu) {
    if (cpu.assist == nullptr) {
        return TLFS_VTL_ENTRY_CALL;
    }
    // SAFETY: the hypervisor writes the field at every entry, unseen by the compiler.
    return const_cast<const volatile u32&>(cpu.assist->vtl_entry_reason);
}

/// Gives VTL0 its RAX and RCX back, for the return from an intercept.
/// @return the VTL return control input
/// @source tlfs.rst 3.4, and 8.1, rule 11
inline u64 prepare_normal_return(Cpu& cpu, const EntryFrame& frame) {
    if (cpu.assist != nullptr) {
        cpu.assist->vtl_return_rax = frame.rax;
        cpu.assist->vtl_return_rcx = frame.rcx;
    }
    return 0;
}

}  // namespace vtl1
