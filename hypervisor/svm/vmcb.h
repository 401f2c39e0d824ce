// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include "base/types.h"

namespace hypervisor {

using base::u16;
using base::u32;
using base::u64;
using base::u8;

/// A segment register as the VMCB holds it.
/// @source AMD APM vol. 2, appendix B, table B-2; attributes: 15.5.1
struct VmcbSegment {
    u16 selector;
    u16 attributes;  // type, S, DPL, P in 7:0; AVL, L, D/B, G in 11:8
    u32 limit;       // bytes, unscaled
    u64 base;
};

static_assert(sizeof(VmcbSegment) == 16);

/// Virtual machine control block of one VTL on one virtual CPU.
/// @source AMD APM vol. 2, appendix B, tables B-1 and B-2
struct alignas(base::page_size) Vmcb {
    u16 intercept_cr_read;             // 0x000
    u16 intercept_cr_write;            // 0x002
    u16 intercept_dr_read;             // 0x004
    u16 intercept_dr_write;            // 0x006
    u32 intercept_exceptions;          // 0x008
    u32 intercept_misc1;               // 0x00c
    u32 intercept_misc2;               // 0x010
    std::array<u8, 0x2c> reserved1;    // 0x014
    u64 iopm_base_pa;                  // 0x040
    u64 msrpm_base_pa;                 // 0x048
    u64 tsc_offset;                    // 0x050
    u32 guest_asid;                    // 0x058
    u8 tlb_control;                    // 0x05c
    std::array<u8, 3> reserved2;       // 0x05d
    u64 interrupt_control;             // 0x060
    u64 interrupt_shadow;              // 0x068
    u64 exit_code;                     // 0x070
    u64 exit_info1;                    // 0x078
    u64 exit_info2;                    // 0x080
    u64 exit_interrupt_info;           // 0x088
    u64 nested_control;                // 0x090
    std::array<u8, 0x10> reserved3;    // 0x098
    u64 event_injection;               // 0x0a8
    u64 nested_cr3;                    // 0x0b0
    u64 lbr_control;                   // 0x0b8
    u64 clean_bits;                    // 0x0c0
    u64 next_rip;                      // 0x0c8
    std::array<u8, 0x330> reserved4;   // 0x0d0
    VmcbSegment es;                    // 0x400
    VmcbSegment cs;                    // 0x410
    VmcbSegment ss;                    // 0x420
    VmcbSegment ds;                    // 0x430
    VmcbSegment fs;                    // 0x440
    VmcbSegment gs;                    // 0x450
    VmcbSegment gdtr;                  // 0x460
    VmcbSegment ldtr;                  // 0x470
    VmcbSegment idtr;                  // 0x480
    VmcbSegment tr;                    // 0x490
    std::array<u8, 0x2b> reserved5;    // 0x4a0
    u8 cpl;                            // 0x4cb
    u32 reserved6;                     // 0x4cc
    u64 efer;                          // 0x4d0
    std::array<u8, 0x70> reserved7;    // 0x4d8
    u64 cr4;                           // 0x548
    u64 cr3;                           // 0x550
    u64 cr0;                           // 0x558
    u64 dr7;                           // 0x560
    u64 dr6;                           // 0x568
    u64 rflags;                        // 0x570
    u64 rip;                           // 0x578
    std::array<u8, 0x58> reserved8;    // 0x580
    u64 rsp;                           // 0x5d8
    std::array<u8, 0x18> reserved9;    // 0x5e0
    u64 rax;                           // 0x5f8
    u64 star;                          // 0x600
    u64 lstar;                         // 0x608
    u64 cstar;                         // 0x610
    u64 sfmask;                        // 0x618
    u64 kernel_gs_base;                // 0x620
    u64 sysenter_cs;                   // 0x628
    u64 sysenter_esp;                  // 0x630
    u64 sysenter_eip;                  // 0x638
    u64 cr2;                           // 0x640
    std::array<u8, 0x20> reserved10;   // 0x648
    u64 guest_pat;                     // 0x668
    std::array<u8, 0x990> reserved11;  // 0x670
};

static_assert(sizeof(Vmcb) == base::page_size);
static_assert(offsetof(Vmcb, iopm_base_pa) == 0x040);
static_assert(offsetof(Vmcb, interrupt_control) == 0x060);
static_assert(offsetof(Vmcb, event_injection) == 0x0a8);
static_assert(offsetof(Vmcb, next_rip) == 0x0c8);
static_assert(offsetof(Vmcb, es) == 0x400);
static_assert(offsetof(Vmcb, cpl) == 0x4cb);
static_assert(offsetof(Vmcb, efer) == 0x4d0);
static_assert(offsetof(Vmcb, cr4) == 0x548);
static_assert(offsetof(Vmcb, rsp) == 0x5d8);
static_assert(offsetof(Vmcb, rax) == 0x5f8);
static_assert(offsetof(Vmcb, guest_pat) == 0x668);

// Intercept vectors 3 and 4. @source AMD APM vol. 2, table B-1
inline constexpr u32 intercept_intr = 1U << 0;
inline constexpr u32 intercept_nmi = 1U << 1;
inline constexpr u32 intercept_virtual_intr = 1U << 4;
inline constexpr u32 intercept_idtr_write = 1U << 10;
inline constexpr u32 intercept_gdtr_write = 1U << 11;
inline constexpr u32 intercept_ldtr_write = 1U << 12;
inline constexpr u32 intercept_tr_write = 1U << 13;
inline constexpr u32 intercept_smi = 1U << 2;
inline constexpr u32 intercept_cpuid = 1U << 18;
inline constexpr u32 intercept_iret = 1U << 20;
inline constexpr u32 intercept_software_interrupt = 1U << 21;  // INTn
inline constexpr u32 intercept_invlpga = 1U << 26;
inline constexpr u32 intercept_io = 1U << 27;
inline constexpr u32 intercept_msr = 1U << 28;
inline constexpr u32 intercept_shutdown = 1U << 31;
inline constexpr u32 intercept_svm_instructions =
    0x7f;                                        // VMRUN VMMCALL VMLOAD VMSAVE STGI CLGI SKINIT
inline constexpr u32 intercept_icebp = 1U << 8;  // INT1
inline constexpr u32 intercept_xsetbv = 1U << 13;

// Interrupt control. @source AMD APM vol. 2, 15.21.2 and table B-1, offset 060h
inline constexpr u64 virtual_tpr_mask = 0xf;
inline constexpr u64 virtual_irq = u64{1} << 8;
inline constexpr u64 virtual_irq_priority_shift = 16;
inline constexpr u64 virtual_interrupt_masking = u64{1} << 24;
inline constexpr u64 virtual_irq_vector_shift = 32;

inline constexpr u64 nested_paging_enable = 1;  // AMD APM vol. 2, table B-1, offset 090h
inline constexpr u8 tlb_flush_all = 1;          // AMD APM vol. 2, 15.16.1
inline constexpr u8 tlb_flush_asid = 3;         // the same, where CPUID has FlushByAsid

/// What an exit is about; the low 32 bits of the field (QEMU does not extend VMEXIT_INVALID).
/// @source AMD APM vol. 2, appendix C
enum class ExitCode : u32 {
    WriteCr0 = 0x010,
    WriteCr4 = 0x014,
    FirstException = 0x040,  // plus the vector
    LastException = 0x05f,
    Intr = 0x060,
    Nmi = 0x061,
    VirtualIntr = 0x064,
    WriteIdtr = 0x06a,
    WriteGdtr = 0x06b,
    WriteLdtr = 0x06c,
    WriteTr = 0x06d,
    Smi = 0x062,
    Cpuid = 0x072,
    Iret = 0x074,
    SoftwareInterrupt = 0x075,
    Invlpga = 0x07a,
    Io = 0x07b,
    Msr = 0x07c,
    Shutdown = 0x07f,
    Vmrun = 0x080,
    Vmmcall = 0x081,
    Vmload = 0x082,
    Vmsave = 0x083,
    Stgi = 0x084,
    Clgi = 0x085,
    Skinit = 0x086,
    Icebp = 0x088,
    Xsetbv = 0x08d,
    NestedPageFault = 0x400,
    Invalid = 0xffffffff,
};

/// EXITINFO1 of a nested page fault. @source AMD APM vol. 2, 15.25.6
inline constexpr u64 npf_present = u64{1} << 0;
inline constexpr u64 npf_write = u64{1} << 1;
inline constexpr u64 npf_execute = u64{1} << 4;
inline constexpr u64 npf_page_walk = u64{1} << 33;

// Architectural bits that exits look at. @source AMD APM vol. 2, 3.1 and 3.1.7
inline constexpr u64 cr0_pe = u64{1} << 0;
inline constexpr u64 cr0_ts = u64{1} << 3;
inline constexpr u64 cr0_et = u64{1} << 4;
inline constexpr u64 cr0_wp = u64{1} << 16;
inline constexpr u64 cr0_am = u64{1} << 18;
inline constexpr u64 cr0_pg = u64{1} << 31;
inline constexpr u64 cr4_pae = u64{1} << 5;
inline constexpr u64 cr4_la57 = u64{1} << 12;
inline constexpr u64 cr4_pcide = u64{1} << 17;
inline constexpr u64 cr4_osxsave = u64{1} << 18;
inline constexpr u64 cr4_smep = u64{1} << 20;
inline constexpr u64 cr4_pke = u64{1} << 22;
inline constexpr u64 cr4_cet = u64{1} << 23;
inline constexpr u64 efer_sce = u64{1} << 0;
inline constexpr u64 efer_lme = u64{1} << 8;
inline constexpr u64 efer_lma = u64{1} << 10;
inline constexpr u64 efer_nxe = u64{1} << 11;
inline constexpr u64 efer_svme = u64{1} << 12;
inline constexpr u64 efer_ffxsr = u64{1} << 14;
inline constexpr u16 segment_long = 1U << 9;  // L in VMCB attributes
inline constexpr u64 rflags_reserved = 2;     // bit 1 reads as one
inline constexpr u64 rflags_tf = u64{1} << 8;
inline constexpr u64 rflags_rf = u64{1} << 16;
inline constexpr u64 dr6_single_step = u64{1} << 14;

}  // namespace hypervisor
