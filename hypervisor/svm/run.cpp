// SPDX-License-Identifier: MIT
#include "hvcall/abi/tlfs_register.h"
#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/kick.h"
#include "hypervisor/apic/remote_call.h"
#include "hypervisor/apic/vtl1_apic.h"
#include "hypervisor/iommu/iommu.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/user_view.h"
#include "hypervisor/svm/vp.h"
#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/synthetic_timers.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace hypervisor {

namespace {

/// Lets an NMI in when nothing else is to be injected and the last one has ended. In VTL1, whose
/// handler has a stack of its own, not before the IRET of the last one has run: at the next exit.
void prepare_nmi(VtlContext& context, Vtl vtl) {
    const bool is_at_iret = static_cast<ExitCode>(context.vmcb.exit_code) == ExitCode::Iret;
    if (context.nmi_masked || context.pending.get(Event::valid) ||
        (vtl == Vtl::Vtl1 && is_at_iret) || !context.nmi_requested.exchange(false)) {
        return;
    }
    context.pending = make_nmi();
    context.nmi_masked = true;
    context.vmcb.intercept_misc1 |= intercept_iret;
}

/// VTL1's interrupt goes in as a virtual interrupt, which waits for its RFLAGS.IF and, in the CPU,
/// for its task priority. It leaves the APIC meanwhile, so that the same vector can be requested
/// again as soon as the guest has taken it. If more of them wait, the guest exits instead of taking
/// it, for only one can be offered.
void prepare_virtual_interrupt(VtlContext& vtl1) {
    Vmcb& vmcb = vtl1.vmcb;
    vmcb.interrupt_control &= virtual_tpr_mask | virtual_interrupt_masking;
    vmcb.intercept_misc1 &= ~intercept_virtual_intr;
    const u64 vector = vtl1.apic.next();
    if (vector == 0) {
        return;
    }
    const bool is_deliverable = vtl1.apic.has_deliverable(task_priority(vtl1));
    vtl1.apic.requested.erase(static_cast<u8>(vector));
    if (vtl1.apic.next() != 0) {
        vmcb.intercept_misc1 |= intercept_virtual_intr;
    }
    // QEMU lets an interrupt of the task priority's own class through, so one that is masked goes
    // in as of the class below.
    const u64 priority = is_deliverable ? vector >> 4 : (vector >> 4) - 1;
    vmcb.interrupt_control |=
        virtual_irq | priority << virtual_irq_priority_shift | vector << virtual_irq_vector_shift;
}

void note_virtual_interrupt(VtlContext& vtl1, u64 offered) {
    if ((offered & virtual_irq) == 0) {
        return;
    }
    const auto vector = static_cast<u8>(offered >> virtual_irq_vector_shift);
    if ((vtl1.vmcb.interrupt_control & virtual_irq) == 0) {
        vtl1.apic.accept(vector);
    } else {
        vtl1.apic.requested.insert(vector);
    }
}

/// The guest was about to take an interrupt while others wait behind it: it goes in as an event.
void handle_virtual_interrupt(Vp& vp) {
    VtlContext& context = vp.context();
    const u8 vector = context.apic.next();
    if (vector == 0) {
        return;
    }
    context.apic.requested.erase(vector);
    context.apic.accept(vector);
    context.pending = make_interrupt(vector);
}

void prepare_entry(Vp& vp) {
    if (vp.has_vtl1.load()) {
        run_timers(vp);
        // A VTL1 interrupt preempts VTL0, whatever VTL1's RFLAGS.IF (tlfs.rst 4.2).
        if (vp.active == Vtl::Vtl0 && wants_to_enter(vp.of(Vtl::Vtl1))) {
            enter_vtl1_by_interrupt(vp);
        }
    }
    VtlContext& context = vp.context();
    prepare_nmi(context, vp.active);
    if (vp.active == Vtl::Vtl1) {
        prepare_virtual_interrupt(context);
    }
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
    if (!take_wake_up(vp, consume_nmi(vp))) {
        vp.of(Vtl::Vtl0).nmi_requested.store(true);
    }
}

/// The NMI handler ends; the next NMI may come. It is injected before the IRET runs, which Linux
/// allows for (nested NMIs).
void handle_iret(Vp& vp) {
    vp.context().nmi_masked = false;
    vp.vmcb().intercept_misc1 &= ~intercept_iret;
}

/// What VTL1 may have asked to see first.
void handle_register_write(Vp& vp, ExitCode code) {
    if (code == ExitCode::WriteCr0 || code == ExitCode::WriteCr4) {
        handle_control_register_write(vp, code == ExitCode::WriteCr0 ? 0 : 4);
    } else if (code == ExitCode::Xsetbv) {
        handle_xsetbv(vp);
    } else {
        constexpr std::array tables{TLFS_REG_IDTR, TLFS_REG_GDTR, TLFS_REG_LDTR, TLFS_REG_TR};
        const u32 number = static_cast<u32>(code) - static_cast<u32>(ExitCode::WriteIdtr);
        handle_table_register_write(vp, tables[number]);
    }
}

[[noreturn]] void handle_shutdown(Vp& vp) {
    console::Line{} << "VTL" << static_cast<u64>(vp.active) << " of vp " << u64{vp.index}
                    << " at rip " << base::Hex{vp.vmcb().rip};
    reset_machine("triple fault");
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
        case ExitCode::WriteCr0:
        case ExitCode::WriteCr4:
        case ExitCode::Xsetbv:
        case ExitCode::WriteIdtr:
        case ExitCode::WriteGdtr:
        case ExitCode::WriteLdtr:
        case ExitCode::WriteTr:
            return handle_register_write(vp, code);
        case ExitCode::Nmi:
            return handle_nmi(vp);
        case ExitCode::VirtualIntr:
            return handle_virtual_interrupt(vp);
        case ExitCode::Smi:  // taken, and returned from, with the next NMI at the latest
            static_cast<void>(consume_nmi(vp));
            return;
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
            handle_shutdown(vp);
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
    const u64 offered = context.vmcb.interrupt_control;
    // An exit clears EVENTINJ's valid bit (AMD APM vol. 2, 15.20).
    const Event injected = Event::from_raw(context.vmcb.event_injection);
    note_entry(vp);
    if (is_machine_ending()) {
        note_exit(vp);
        park_cpu();
    }
    hypervisor_vmrun(std::bit_cast<u64>(&context.vmcb), &vp.registers);
    note_exit(vp);
    leave_user_view(vp);
    iommu::report_faults();
    context.pending = redelivery(Event::from_raw(context.vmcb.exit_interrupt_info), injected);
    if (vp.active == Vtl::Vtl1) {
        note_virtual_interrupt(context, offered);
    }
    handle_exit(vp);
}

/// VTL0 waits to be started, and VTL1 has nothing to do.
bool is_suspended(Vp& vp) {
    if (vp.active != Vtl::Vtl0 || !vp.startup_suspended.load()) {
        return false;
    }
    if (!vp.has_vtl1.load()) {
        return true;
    }
    run_timers(vp);
    return !wants_to_enter(vp.of(Vtl::Vtl1));
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
            take_wake_up(vp, wait_for_kick(vp));
        } else {
            run_once(vp);
        }
    }
}

}  // namespace hypervisor
