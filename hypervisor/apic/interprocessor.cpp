// SPDX-License-Identifier: MIT
#include "hypervisor/apic/interprocessor.h"

#include "hypervisor/apic/destination.h"
#include "hypervisor/apic/kick.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/boot/ap.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vmcb_state.h"

namespace hypervisor {

extern "C" void hypervisor_wait_for_nmi();

namespace {

constinit console::Budget start_lines{64};

// Vector, delivery and destination mode, level, trigger, shorthand; not the read-only status bit.
constexpr u32 defined_icr_bits = 0x000c'cfff;

// Above this an id of one mode means several CPUs, or another one, in the other mode.
constexpr u32 last_apic_id = 0xfe;

void send_nmi_to(Vp& target) {
    // One kick for each NMI that VTL0 takes: a flood of them must not keep VTL1 from running.
    if (!target.of(Vtl::Vtl0).nmi_requested.exchange(true)) {
        kick(target);
    }
}

void send_init_to(Vp& target) {
    if (target.index == 0 || target.has_vtl1.load()) {
        if (start_lines.take()) {
            console::Line{} << "INIT at vp " << u64{target.index} << " dropped";
        }
        return;
    }
    // In this order: a SIPI that follows finds either init_requested or Waiting.
    target.startup_vector.store(0);
    target.init_requested.store(true);
    kick(target);
}

void send_startup_to(Vp& target, u8 vector) {
    const bool may_start =
        target.start_state.load() == StartState::Waiting || target.init_requested.load();
    if (!may_start || target.has_vtl1.load()) {
        return;  // a CPU that runs ignores start-up IPIs; one with VTL1 is VTL1's to start
    }
    target.startup_vector.store(startup_valid | vector);
    kick(target);
}

void start_new_cpu(u32 apic_id, u8 vector) {
    if (start_lines.take()) {
        console::Line{} << "starting the CPU with APIC id " << u64{apic_id};
    }
    if (!start_physical_cpu(apic_id, vector) && start_lines.take()) {
        console::Line{} << "no CPU with APIC id " << u64{apic_id};
    }
}

void deliver(Vp& target, IcrLow icr) {
    switch (icr.delivery()) {
        case Delivery::Nmi:
            send_nmi_to(target);
            break;
        case Delivery::Init:
            if (icr.is_assert()) {  // de-assert is a no-op on every CPU since the Pentium 4
                send_init_to(target);
            }
            break;
        case Delivery::Startup:
            send_startup_to(target, icr.vector());
            break;
        case Delivery::Fixed:
        case Delivery::LowestPriority:
        case Delivery::Smi:
        case Delivery::Reserved:
        case Delivery::ExtInt:
            break;
    }
}

}  // namespace

void send_guest_ipi(Vp& sender, u32 destination, u32 icr_low) {
    const IcrLow icr{icr_low};
    if (icr.delivery() == Delivery::Fixed || icr.delivery() == Delivery::LowestPriority) {
        local_apic::send(destination, icr_low & defined_icr_bits);
        return;
    }
    const bool x2apic = local_apic::is_x2apic();
    for (Vp& vp : vps()) {
        const u32 logical =
            x2apic ? x2apic_logical_destination(vp.apic_id) : vp.logical_destination;
        if (is_addressed({vp.apic_id, logical, &vp == &sender}, destination, icr, x2apic)) {
            deliver(vp, icr);
        }
    }
    const bool names_one = icr.shorthand() == 0 && !icr.is_logical();
    if (icr.delivery() == Delivery::Startup && names_one && destination <= last_apic_id &&
        find_vp_by_apic_id(destination) == nullptr) {
        start_new_cpu(destination, icr.vector());
    }
}

void start_prepared_vp(Vp& target) {
    target.context_ready.store(true);
    kick(target);
}

void wait_for_start(Vp& vp) {
    vp.start_state.store(StartState::Waiting);
    if (vp.init_requested.exchange(false)) {
        local_apic::reset();
        vp.logical_destination = 0;
    }
    for (;;) {
        const u32 startup = vp.startup_vector.exchange(0);
        StartState expected = StartState::Waiting;
        if (startup != 0 && vp.start_state.compare_exchange_strong(expected, StartState::Running)) {
            reset_to_startup(vp, static_cast<u8>(startup & 0xff));
            return;
        }
        if (vp.context_ready.exchange(false)) {
            vp.start_state.store(StartState::Running);
            return;
        }
        hypervisor_wait_for_nmi();
        vp.kick_pending.store(false);
        vp.init_requested.store(false);
    }
}

void reset_to_startup(Vp& vp, u8 vector) {
    VtlContext& context = vp.of(Vtl::Vtl0);
    set_real_mode_state(context.vmcb, vector);
    context.pending = Event{};
    context.tsc_aux = 0;
    vp.registers = {};
    vp.registers.rdx = cpuid(1).eax;  // what INIT leaves in EDX
    context.nmi_masked = false;
    context.nmi_requested.store(false);
    vp.active = Vtl::Vtl0;
}

}  // namespace hypervisor
