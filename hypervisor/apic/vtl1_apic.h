// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// IA32_APIC_BASE and the x2APIC MSRs of VTL1's own APIC. The page of an xAPIC is not offered to
/// VTL1, nor is its timer: VTL1 has synthetic ones. An empty optional, or false, means #GP and
/// nothing changed. @source Intel SDM vol. 3A, table 11-6; tlfs.rst A25, B1
std::optional<u64> read_vtl1_apic(const Vp& vp, u32 msr);
bool write_vtl1_apic(Vp& vp, u32 msr, u64 value);

/// The same for the synthetic MSRs EOI, ICR and TPR. @source TLFS, "EOI, ICR and TPR MSRs"
std::optional<u64> read_vtl1_interrupt_control(const Vp& vp, u32 msr);
bool write_vtl1_interrupt_control(Vp& vp, u32 msr, u64 value);

/// Whether something of VTL1's own wants it to run, whatever its RFLAGS.IF: an interrupt that its
/// priorities let through, or an NMI. @source tlfs.rst 4.2
bool wants_to_enter(const VtlContext& vtl1);

/// TPR, of which only the class exists.
u8 task_priority(const VtlContext& vtl1);

}  // namespace hypervisor
