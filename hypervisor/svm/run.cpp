// SPDX-License-Identifier: MIT
#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/kick.h"
#include "hypervisor/apic/remote_call.h"
#include "hypervisor/iommu/iommu.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/user_view.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace hypervisor {

extern "C" void hypervisor_vmrun(u64 vmcb_pa, GuestRegisters* registers);

namespace {

/// Lets an NMI of VTL0 in when nothing else is to be injected and the last one has ended.
void prepare_nmi(Vp& vp) {
    VtlContext& vtl0 = vp.of(Vtl::Vtl0);
    if (vp.nmi_masked || vtl0.pending.get(Event::valid) || !vp.nmi_requested.exchange(false)) {
        return;
    }
    vtl0.pending = make_nmi();
    vp.nmi_masked = true;
    vtl0.vmcb.intercept_misc1 |= intercept_iret;
}

/// VTL1's interrupt goes in as a virtual interrupt, which waits for its RFLAGS.IF.
void prepare_virtual_interrupt(VtlContext& vtl1) {
    u64& control = vtl1.vmcb.interrupt_control;
    control &= virtual_tpr_mask | virtual_interrupt_masking;
    if (has_deliverable_interrupt(vtl1)) {
        const u64 vector = vtl1.apic.vector;
        control |= virtual_irq | vector >> 4 << virtual_irq_priority_shift |
                   vector << virtual_irq_vector_shift;
    }
}

void note_virtual_interrupt(VtlContext& vtl1, bool was_offered) {
    if (was_offered && (vtl1.vmcb.interrupt_control & virtual_irq) == 0) {
        vtl1.apic.in_service = vtl1.apic.auto_eoi ? u8{0} : vtl1.apic.vector;
        vtl1.apic.vector = 0;
    }
}

void prepare_entry(Vp& vp) {
    // A VTL1 interrupt preempts VTL0, whatever VTL1's RFLAGS.IF (tlfs.rst 4.2).
    if (vp.active == Vtl::Vtl0 && vp.has_vtl1.load() &&
        has_deliverable_interrupt(vp.of(Vtl::Vtl1))) {
        enter_vtl1_by_interrupt(vp);
    }
    if (vp.active == Vtl::Vtl0) {
        prepare_nmi(vp);
    } else {
        prepare_virtual_interrupt(vp.context());
    }
    VtlContext& context = vp.context();
    context.vmcb.event_injection = context.pending.raw();
    context.pending = Event{};
    context.vmcb.tlb_control = 0;
    enter_user_view(vp);
    context.vmcb.clean_bits = 0;  // everything may have changed (AMD APM vol. 2, 15.15)
}

/// A VMCB that VMRUN refuses would be refused for ever. QEMU also gives this exit when the guest
/// sets a reserved bit of a control register, where a CPU raises #GP.
void handle_invalid(Vp& vp) {
    constexpr u32 limit = 4;
    // A refused VMRUN gives back the event that it should have injected.
    const bool is_refusal = Event::from_raw(vp.vmcb().exit_interrupt_info).get(Event::valid);
    vp.invalid_exits = is_refusal ? vp.invalid_exits + 1 : 1;
    if (vp.invalid_exits >= limit) {
        console::Line{} << "VMRUN refuses VTL" << static_cast<u64>(vp.active) << " of vp "
                        << u64{vp.index} << ": rip " << base::Hex{vp.vmcb().rip} << " cr0 "
                        << base::Hex{vp.vmcb().cr0} << " cr4 " << base::Hex{vp.vmcb().cr4}
                        << " efer " << base::Hex{vp.vmcb().efer};
        reset_machine("invalid guest state");
    }
    raise_general_protection(vp);
}

void handle_nmi(Vp& vp) {
    if (!consume_nmi(vp)) {
        vp.nmi_requested.store(true);
    }
}

/// The NMI handler ends; the next NMI may come. It is injected before the IRET runs, which Linux
/// allows for (nested NMIs).
void handle_iret(Vp& vp) {
    vp.nmi_masked = false;
    vp.vmcb().intercept_misc1 &= ~intercept_iret;
}

void handle_exit(Vp& vp) {
    const auto code = static_cast<ExitCode>(static_cast<u32>(vp.vmcb().exit_code));
    if (code != ExitCode::Invalid) {
        vp.invalid_exits = 0;
    }
    if (handle_user_view_exit(vp)) {
        return;
    }
    switch (code) {
        case ExitCode::Nmi:
            return handle_nmi(vp);
        case ExitCode::Cpuid:
            return handle_cpuid(vp);
        case ExitCode::Iret:
            return handle_iret(vp);
        case ExitCode::Io:
            return handle_io(vp);
        case ExitCode::Msr:
            return handle_msr(vp);
        case ExitCode::Vmmcall:
            return handle_vmmcall(vp);
        case ExitCode::NestedPageFault:
            return handle_nested_page_fault(vp);
        case ExitCode::Invalid:
            return handle_invalid(vp);
        case ExitCode::Shutdown:
            console::Line{} << "VTL" << static_cast<u64>(vp.active) << " of vp " << u64{vp.index}
                            << " at rip " << base::Hex{vp.vmcb().rip};
            reset_machine("triple fault");
        case ExitCode::Invlpga:
        case ExitCode::Vmrun:
        case ExitCode::Vmload:
        case ExitCode::Vmsave:
        case ExitCode::Stgi:
        case ExitCode::Clgi:
        case ExitCode::Skinit:
            return raise_invalid_opcode(vp);
        case ExitCode::FirstException:
        case ExitCode::LastException:
        case ExitCode::Intr:
        case ExitCode::VirtualIntr:
        case ExitCode::SoftwareInterrupt:
        case ExitCode::Icebp:
            break;  // on the user view only
    }
    console::Line{} << "exit " << base::Hex{vp.vmcb().exit_code};
    reset_machine("an exit that nothing asked for");
}

void run_once(Vp& vp) {
    prepare_entry(vp);
    VtlContext& context = vp.context();
    const bool offers_interrupt = (context.vmcb.interrupt_control & virtual_irq) != 0;
    note_entry(vp);
    hypervisor_vmrun(std::bit_cast<u64>(&context.vmcb), &vp.registers);
    note_exit(vp);
    leave_user_view(vp);
    iommu::report_faults();
    context.pending = redelivery(Event::from_raw(context.vmcb.exit_interrupt_info),
                                 Event::from_raw(context.vmcb.event_injection));
    if (vp.active == Vtl::Vtl1) {
        note_virtual_interrupt(context, offers_interrupt);
    }
    handle_exit(vp);
}

/// VTL0 waits to be started, and VTL1 has nothing to do.
bool is_suspended(Vp& vp) {
    return vp.active == Vtl::Vtl0 && vp.startup_suspended.load() &&
           !(vp.has_vtl1.load() && has_deliverable_interrupt(vp.of(Vtl::Vtl1)));
}

}  // namespace

void run_vp(Vp& vp) {
    load_live_state(vp.context());
    for (;;) {
        answer_remote_call(vp);
        if (vp.active == Vtl::Vtl0) {
            follow_startup(vp);
        }
        if (is_suspended(vp)) {
            wait_for_kick(vp);
        } else {
            run_once(vp);
        }
    }
}

}  // namespace hypervisor
