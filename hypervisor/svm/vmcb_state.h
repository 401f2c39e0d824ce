// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_hypercall.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// Control areas of both VMCBs of a VP (what is intercepted, nested paging, ASIDs), and the reset
/// values of its synthetic registers.
void initialise_vmcbs(Vp& vp);

/// The registers after INIT and a start-up IPI. @source AMD APM vol. 2, 14.1.3 and 15.27.8
void set_real_mode_state(Vmcb& vmcb, u8 vector);

/// The registers of a 64-bit initial context that is_valid_context() accepted.
/// @source TLFS, HV_INITIAL_VP_CONTEXT; the rest: tlfs.rst 6.2
void set_initial_context(VtlContext& target, const tlfs_initial_vp_context& context);

/// Whether VMRUN takes it: a 64-bit context with no reserved bit set. Segments may be all zero.
/// @source AMD APM vol. 2, 15.5.1 (canonicalisation and consistency checks)
bool is_valid_context(const tlfs_initial_vp_context& context);

bool is_valid_cr0(u64 value);
bool is_valid_cr4(u64 value);
bool is_valid_efer(u64 value);
bool is_canonical(u64 address);

/// Whether a guest in this state may write the value; else #GP. LMA of EFER is read-only, ET of
/// CR0 always set. @source AMD APM vol. 2, 3.1.1, 3.1.3, 3.1.7; vol. 3, "MOV CRn"
bool accepts_cr0(const Vmcb& vmcb, u64 value);
bool accepts_cr4(const Vmcb& vmcb, u64 value);
bool accepts_efer(const Vmcb& vmcb, u64 value);

/// EFER as the VMCB needs it: SVME set, LMA as LME and paging say.
u64 vmcb_efer(u64 efer, u64 cr0);

}  // namespace hypervisor
