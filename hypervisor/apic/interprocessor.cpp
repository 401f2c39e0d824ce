// SPDX-License-Identifier: MIT
#include "hypervisor/apic/interprocessor.h"

#include "hypervisor/apic/destination.h"
#include "hypervisor/apic/kick.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/intercept_message.h"
#include "hypervisor/tlfs/partition.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace hypervisor {

extern "C" void hypervisor_wait_for_nmi();

namespace {

constinit console::Budget start_lines{64};

// Vector, delivery and destination mode, level, trigger, shorthand; not the read-only status bit.
constexpr u32 defined_icr_bits = 0x000c'cfff;

void send_nmi_to(Vp& target) {
    // One kick for each NMI that VTL0 takes: a flood of them must not keep VTL1 from running.
    if (!target.of(Vtl::Vtl0).nmi_requested.exchange(true)) {
        kick(target);
    }
}

/// @source TLFS, "Virtual Processor Startup", HV_REGISTER_VSM_PARTITION_CONFIG
bool may_vtl0_start(const Vp& target) {
    const VsmPartitionConfig config = partition.lock()->config;
    return !config.get(VsmPartitionConfig::deny_lower_vtl_startup) &&
           (!target.has_vtl1.load() || config.get(VsmPartitionConfig::intercept_vp_startup));
}

void send_init_to(Vp& target) {
    if (target.index == 0 || !may_vtl0_start(target)) {
        if (start_lines.take()) {
            console::Line{} << "INIT at vp " << u64{target.index} << " dropped";
        }
        return;
    }
    // In this order: a SIPI that follows finds one of the two (follow_startup()).
    target.startup_vector.store(0);
    target.init_requested.store(true);
    kick(target);
}

void send_startup_to(Vp& target, u8 vector) {
    const bool is_waiting = target.init_requested.load() || target.startup_suspended.load();
    if (!is_waiting || !may_vtl0_start(target)) {
        return;  // a CPU that runs ignores start-up IPIs
    }
    target.startup_vector.store(startup_valid | vector);
    kick(target);
}

/// The registers after INIT and a start-up IPI. @source AMD APM vol. 2, 14.1.3 and 15.27.8
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
}

void follow_startup(Vp& vp) {
    if (vp.init_requested.load()) {
        vp.startup_suspended.store(true);
        vp.init_requested.store(false);
        local_apic::reset();
        vp.logical_destination = 0;
    }
    const u32 startup = vp.startup_suspended.load() ? vp.startup_vector.exchange(0) : 0;
    if (startup == 0) {
        return;
    }
    const auto vector = static_cast<u8>(startup & 0xff);
    reset_to_startup(vp, vector);
    load_live_state(vp.context());
    if (!vp.has_vtl1.load()) {
        vp.startup_suspended.store(false);
    } else if (!post_startup_intercept(vp, vector) && start_lines.take()) {
        console::Line{} << "start of vp " << u64{vp.index} << ": VTL1 takes no message";
    }
}

void suspend_at_boot(Vp& vp) {
    reset_to_startup(vp, 0);
    vp.startup_suspended.store(true);
}

bool wait_for_kick(Vp& vp) {
    hypervisor_wait_for_nmi();
    return vp.kick_pending.exchange(false);
}

}  // namespace hypervisor
