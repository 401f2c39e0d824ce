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

/// An instruction of VTL0's that writes a register; it is not carried out.
struct RegisterIntercept {
    u8 length;                  // of the instruction, bytes
    u32 name;                   // TLFS_REG_*
    tlfs_register_value value;  // to be written
    bool is_in_memory;          // then `value` is the linear address of it
};

struct MsrIntercept {
    u8 length;
    u32 msr;
    u64 value;
};

/// Tells VTL1 of this VP what VTL0 tried, as a GpaIntercept message; VTL0's RIP stays.
/// @return false if VTL1 cannot take messages on this VP; nothing has changed then.
/// @source TLFS, "Secure Intercepts"; tlfs.rst 4.6
bool post_memory_intercept(Vp& vp, const MemoryIntercept& intercept);

/// Tells VTL1 of this VP that VTL0 wants to start it, as a SipiIntercept message. VTL0's registers
/// are in its start state; VTL1 may change them.
/// @param vector  of the start-up IPI
/// @return as above
bool post_startup_intercept(Vp& vp, u8 vector);
/// The same as X64Register and X64Msr messages.
bool post_register_intercept(Vp& vp, const RegisterIntercept& intercept);
bool post_msr_intercept(Vp& vp, const MsrIntercept& intercept);

}  // namespace hypervisor
