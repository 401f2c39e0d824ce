// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// One function to an exit. Each either finishes the instruction on the guest's behalf and moves
/// RIP past it, or raises an exception and leaves RIP. Nothing a guest does stops the hypervisor.
void handle_cpuid(Vp& vp);
void handle_msr(Vp& vp);
void handle_io(Vp& vp);
void handle_nested_page_fault(Vp& vp);

/// What VTL1 has asked for (tlfs/cr_intercept.h): it gets a message, and VTL0's RIP stays. Where
/// VTL1 cannot take one, and for values that the CPU would refuse: #GP. What the masks of CR0 and
/// CR4 let through is carried out.
/// @param number  of the control register, 0 or 4
/// @param name    TLFS_REG_GDTR, IDTR, LDTR or TR
void handle_control_register_write(Vp& vp, u8 number);
void handle_xsetbv(Vp& vp);
void handle_table_register_write(Vp& vp, u32 name);

/// The same for WRMSR. @return false: VTL1 has not asked for this MSR; nothing was done
bool ask_about_msr(Vp& vp, u32 msr, u64 value);

/// A write of VTL0 to the page of its local APIC, which is read-only for it.
void handle_apic_write(Vp& vp, u64 gpa);

}  // namespace hypervisor
