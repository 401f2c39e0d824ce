// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <span>

#include "base/types.h"
#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hypervisor/apic/virtual_apic.h"
#include "hypervisor/svm/event.h"
#include "hypervisor/svm/vmcb.h"
#include "hypervisor/tlfs/overlay_page.h"
#include "hypervisor/tlfs/synthetic_timer.h"

namespace hypervisor {

using base::usize;

enum class Vtl : u8 { Vtl0 = 0, Vtl1 = 1 };

/// The general registers that the VMCB does not hold, shared by the VTLs of a virtual CPU.
/// vmrun.S knows the layout.
struct GuestRegisters {
    u64 rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
};

static_assert(offsetof(GuestRegisters, rsi) == 0x20 && offsetof(GuestRegisters, r15) == 0x68);

/// The synthetic interrupt controller of one VTL. VTL1 gets messages by it; VTL0's registers hold
/// what is written, but nothing sends to VTL0.
/// @source TLFS, "Virtual Interrupt Control"
struct Synic {
    u64 control;  // SCONTROL
    u64 siefp;    // HV_X64_MSR_SIEFP
    u64 simp;     // HV_X64_MSR_SIMP
    std::array<u64, 16> sint;
    OverlayPage event_flags;
    OverlayPage messages;

    /// Reset values. @source TLFS, "SynIC Registers"; SCONTROL as OpenVMM has it (tlfs.rst E8)
    void reset() {
        control = 1;
        sint.fill(TLFS_SINT_RESET);
    }
};

/// Whether VTL0 of a VP runs on its user view, and what its registers really hold meanwhile
/// (svm/user_view.h).
struct UserView {
    bool is_wanted;    // from the exit that asked for it to the next entry
    bool is_active;    // from an entry to its exit
    bool has_syscall;  // EFER.SCE
    u32 tr_limit;
    u64 sysenter_cs;
};

/// What VTL1 is asked about before VTL0 does it on this VP. @source TLFS, "CR intercepts"
struct CrIntercepts {
    u64 control;  // TLFS_CR_INTERCEPT_*
    u64 cr0_mask;
    u64 cr4_mask;

    friend constexpr bool operator==(const CrIntercepts&, const CrIntercepts&) = default;
};

/// Guest crash registers. @source TLFS, "Guest Crash Enlightenment"
struct CrashRegisters {
    std::array<u64, 5> parameter;
};

/// All that is private to one VTL of one virtual CPU (TLFS, "Private State").
struct VtlContext {
    Vmcb vmcb;
    u64 tsc_aux;
    Event pending;  // to be injected at the next entry of this VTL
    u64 vp_assist;  // HV_X64_MSR_VP_ASSIST_PAGE
    OverlayPage assist_page;
    Synic synic;
    VirtualApic apic;                                // VTL1's; VTL0 has the machine's
    std::array<SyntheticTimer, timer_count> timers;  // VTL1's

    // NMIs. The first is set by any CPU, the second by this one only.
    std::atomic<bool> nmi_requested;
    bool nmi_masked;  // between an injected NMI and its IRET

    CrashRegisters crash;
};

/// What a physical CPU is doing.
enum class Running : u8 { Host = 0, Vtl0, Vtl1 };

struct RemoteCall;

/// One virtual CPU, and the physical CPU under it: they are one to one.
struct Vp {
    std::array<VtlContext, 2> vtl;
    GuestRegisters registers;
    Vtl active;

    u32 index;  // VP index (TLFS), dense
    u32 apic_id;
    u32 logical_destination;     // LDR as VTL0 wrote it in xAPIC mode
    std::atomic<bool> has_vtl1;  // EnableVpVtl was done
    CrIntercepts cr_intercepts;  // tlfs/cr_intercept.h

    bool mbec_enabled;               // VsmVpSecureConfigVtl0.MbecEnabled
    UserView user_view;              // of VTL0
    std::atomic<u64> view_switches;  // to the user view; for people

    // Kicks (apic/kick.h)
    std::atomic<bool> kick_pending;  // an NMI of ours is under way
    std::atomic<Running> in_guest;
    std::atomic<u64> entries;           // counts VMRUNs
    std::atomic<bool> flush_requested;  // the next entry flushes the TLB
    WakeUp wake_up;                     // for VTL1's timers

    // CPU start (apic/interprocessor.h)
    std::atomic<bool> startup_suspended;  // VTL0 does not run; changed by its own CPU only
    std::atomic<bool> init_requested;
    std::atomic<u32> startup_vector;  // of a SIPI, plus startup_valid; 0: none

    std::atomic<RemoteCall*> remote_call;  // apic/remote_call.h

    u32 invalid_exits;  // VMEXIT_INVALID in a row
    alignas(base::page_size) std::array<u8, base::page_size> host_save_area;

    VtlContext& context() { return vtl[static_cast<usize>(active)]; }

    Vmcb& vmcb() { return context().vmcb; }

    VtlContext& of(Vtl which) { return vtl[static_cast<usize>(which)]; }
};

inline constexpr u32 startup_valid = 0x100;
inline constexpr usize max_vps = 8;

/// The virtual CPUs in the order of their index: all that the machine has, after boot.
std::span<Vp> vps();

/// The VP of an APIC id; null if there is none.
Vp* find_vp_by_apic_id(u32 apic_id);

/// The VP that comes next; nobody else sees it yet. Null: max_vps are in use.
/// @context boot only, one CPU after the other
Vp* next_vp();

/// Lets the others see the next VP, which must be ready for kicks and hypercalls.
void publish_vp(Vp& vp, u32 apic_id);

/// Moves past the instruction that was intercepted, and out of its interrupt shadow.
/// @param length  in bytes
void advance_rip(Vmcb& vmcb, u64 length);

/// Raises an exception in the active VTL at its next entry; combines it with an event whose
/// delivery was interrupted. @source AMD APM vol. 2, 8.2.9
void raise_exception(Vp& vp, Event exception);
void raise_exception(Vp& vp, VtlContext& target, Event exception);

inline void raise_general_protection(Vp& vp) {
    raise_exception(vp, make_exception(vector_general_protection, 0));
}

inline void raise_invalid_opcode(Vp& vp) {
    raise_exception(vp, make_exception(vector_invalid_opcode));
}

/// Runs the guest of a VMCB until its next exit (vmrun.S).
extern "C" void hypervisor_vmrun(u64 vmcb_pa, GuestRegisters* registers);

/// Runs the virtual CPU of this physical one for ever.
[[noreturn]] void run_vp(Vp& vp);

}  // namespace hypervisor
