// SPDX-License-Identifier: MIT
#pragma once

#include "hvcall/abi/tlfs_register.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

/// What a value must satisfy before it goes into a VMCB.
enum class RegisterRule : u8 { Any, Canonical, Cr0, Cr4, Efer, Pat, Low32, Rflags };

bool satisfies(RegisterRule rule, u64 value);

/// A 64-bit architectural register of a VTL that is not running: where the VMCB keeps it.
struct ScalarRegister {
    u32 name;
    u64 Vmcb::* field;
    RegisterRule rule;
    bool changes_translation = false;  // the TLB may hold what it meant before
};

struct SegmentRegister {
    u32 name;
    VmcbSegment Vmcb::* field;
    bool is_table;  // GDTR, IDTR
};

/// tlfs.rst 2.5 (which registers can be reached) and 3.2.
inline constexpr std::array scalar_registers{
    ScalarRegister{TLFS_REG_RSP, &Vmcb::rsp, RegisterRule::Any},
    ScalarRegister{TLFS_REG_RIP, &Vmcb::rip, RegisterRule::Any},
    ScalarRegister{TLFS_REG_RFLAGS, &Vmcb::rflags, RegisterRule::Rflags},
    ScalarRegister{TLFS_REG_CR0, &Vmcb::cr0, RegisterRule::Cr0, true},
    ScalarRegister{TLFS_REG_CR2, &Vmcb::cr2, RegisterRule::Any},
    ScalarRegister{TLFS_REG_CR3, &Vmcb::cr3, RegisterRule::Any, true},
    ScalarRegister{TLFS_REG_CR4, &Vmcb::cr4, RegisterRule::Cr4, true},
    ScalarRegister{TLFS_REG_DR7, &Vmcb::dr7, RegisterRule::Low32},
    ScalarRegister{TLFS_REG_EFER, &Vmcb::efer, RegisterRule::Efer, true},
    ScalarRegister{TLFS_REG_KERNEL_GS_BASE, &Vmcb::kernel_gs_base, RegisterRule::Canonical},
    ScalarRegister{TLFS_REG_PAT, &Vmcb::guest_pat, RegisterRule::Pat},
    ScalarRegister{TLFS_REG_SYSENTER_CS, &Vmcb::sysenter_cs, RegisterRule::Any},
    ScalarRegister{TLFS_REG_SYSENTER_EIP, &Vmcb::sysenter_eip, RegisterRule::Canonical},
    ScalarRegister{TLFS_REG_SYSENTER_ESP, &Vmcb::sysenter_esp, RegisterRule::Canonical},
    ScalarRegister{TLFS_REG_STAR, &Vmcb::star, RegisterRule::Any},
    ScalarRegister{TLFS_REG_LSTAR, &Vmcb::lstar, RegisterRule::Canonical},
    ScalarRegister{TLFS_REG_CSTAR, &Vmcb::cstar, RegisterRule::Canonical},
    ScalarRegister{TLFS_REG_SFMASK, &Vmcb::sfmask, RegisterRule::Low32},
};

inline constexpr std::array segment_registers{
    SegmentRegister{TLFS_REG_ES, &Vmcb::es, false},
    SegmentRegister{TLFS_REG_CS, &Vmcb::cs, false},
    SegmentRegister{TLFS_REG_SS, &Vmcb::ss, false},
    SegmentRegister{TLFS_REG_DS, &Vmcb::ds, false},
    SegmentRegister{TLFS_REG_FS, &Vmcb::fs, false},
    SegmentRegister{TLFS_REG_GS, &Vmcb::gs, false},
    SegmentRegister{TLFS_REG_LDTR, &Vmcb::ldtr, false},
    SegmentRegister{TLFS_REG_TR, &Vmcb::tr, false},
    SegmentRegister{TLFS_REG_IDTR, &Vmcb::idtr, true},
    SegmentRegister{TLFS_REG_GDTR, &Vmcb::gdtr, true},
};

/// Whether each of the eight fields of a PAT value is a memory type. @source AMD APM vol. 2, 7.8.1
constexpr bool is_valid_pat(u64 value) {
    for (unsigned field = 0; field < 8; ++field) {
        const u64 type = value >> (8 * field) & 0xff;
        if (type > 7 || type == 2 || type == 3) {
            return false;
        }
    }
    return true;
}

static_assert(is_valid_pat(0x0007'0406'0007'0406) && !is_valid_pat(2));

}  // namespace hypervisor
