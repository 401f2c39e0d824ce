// SPDX-License-Identifier: MIT
#include "hypervisor/apic/vtl1_apic.h"

#include "hypervisor/apic/vtl1_ipi.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

// x2APIC registers by their distance from msr_x2apic_first.
// @source Intel SDM vol. 3A, table 11-6
constexpr u32 reg_id = 0x02;
constexpr u32 reg_version = 0x03;
constexpr u32 reg_task_priority = 0x08;
constexpr u32 reg_processor_priority = 0x0a;
constexpr u32 reg_eoi = 0x0b;
constexpr u32 reg_logical_destination = 0x0d;
constexpr u32 reg_spurious = 0x0f;
constexpr u32 reg_in_service = 0x10;
constexpr u32 reg_trigger_mode = 0x18;
constexpr u32 reg_requested = 0x20;
constexpr u32 reg_error_status = 0x28;
constexpr u32 reg_command = 0x30;
constexpr u32 reg_lvt = 0x32;
constexpr u32 reg_self_ipi = 0x3f;

constexpr u64 version = 0x14 | (VirtualApic::lvt_count - 1) << 16;
constexpr u64 command_defined = 0xffff'ffff'000c'cfff;

// What can be written of the timer, thermal, performance, LINT0, LINT1 and error entries.
// @source Intel SDM vol. 3A, figure 11-8
constexpr std::array<u32, VirtualApic::lvt_count> lvt_defined{0x3'00ff, 0x1'07ff, 0x1'07ff,
                                                              0x1'a7ff, 0x1'a7ff, 0x1'00ff};

const VtlContext& vtl1_of(const Vp& vp) {
    return vp.vtl[static_cast<usize>(Vtl::Vtl1)];
}

/// Which word of the set that begins at `first` a register is, if it is one.
std::optional<usize> word_of(u32 reg, u32 first) {
    return reg >= first && reg < first + VectorSet::word_count ? std::optional{usize{reg - first}}
                                                               : std::nullopt;
}

std::optional<usize> lvt_of(u32 reg) {
    return reg >= reg_lvt && reg < reg_lvt + VirtualApic::lvt_count
               ? std::optional{usize{reg - reg_lvt}}
               : std::nullopt;
}

/// May only go from xAPIC to x2APIC mode.
bool write_base(VirtualApic& apic, u64 value) {
    constexpr u64 x2apic = local_apic::base_x2apic;
    const bool allowed =
        (value | x2apic) == (apic.base | x2apic) && (value & x2apic) >= (apic.base & x2apic);
    apic.base = allowed ? value : apic.base;
    return allowed;
}

bool write_task_priority(VtlContext& vtl1, u64 value) {
    if (value > 0xff) {
        return false;
    }
    vtl1.vmcb.interrupt_control = (vtl1.vmcb.interrupt_control & ~virtual_tpr_mask) | value >> 4;
    return true;
}

bool write_lvt(VirtualApic& apic, usize index, u64 value) {
    if ((value & ~u64{lvt_defined[index]}) != 0) {
        return false;
    }
    apic.lvt[index] = static_cast<u32>(value) | (apic.is_enabled() ? 0 : VirtualApic::lvt_masked);
    return true;
}

bool write_command(Vp& vp, u64 value) {
    if ((value & ~command_defined) != 0) {
        return false;
    }
    vp.of(Vtl::Vtl1).apic.command = value;
    send_vtl1_ipi(vp, {.destination = static_cast<u32>(value >> 32),
                       .icr = IcrLow{static_cast<u32>(value)},
                       .x2apic = true});
    return true;
}

bool write_self_ipi(Vp& vp, u64 value) {
    constexpr u32 to_self = 1U << 18;
    if (value > 0xff) {
        return false;
    }
    send_vtl1_ipi(
        vp, {.destination = 0, .icr = IcrLow{static_cast<u32>(value) | to_self}, .x2apic = true});
    return true;
}

std::optional<u64> read_set(const VirtualApic& apic, u32 reg) {
    if (const std::optional<usize> word = word_of(reg, reg_in_service)) {
        return apic.in_service.word(*word);
    }
    if (const std::optional<usize> word = word_of(reg, reg_requested)) {
        return apic.requested.word(*word);
    }
    if (word_of(reg, reg_trigger_mode)) {
        return 0;  // nothing is level-triggered
    }
    const std::optional<usize> entry = lvt_of(reg);
    return entry ? std::optional<u64>{apic.lvt[*entry]} : std::nullopt;
}

}  // namespace

u8 task_priority(const VtlContext& vtl1) {
    return static_cast<u8>((vtl1.vmcb.interrupt_control & virtual_tpr_mask) << 4);
}

bool wants_to_enter(const VtlContext& vtl1) {
    return vtl1.apic.has_deliverable(task_priority(vtl1)) ||
           (vtl1.nmi_requested.load() && !vtl1.nmi_masked);
}

std::optional<u64> read_vtl1_apic(const Vp& vp, u32 msr) {
    const VtlContext& vtl1 = vtl1_of(vp);
    if (msr == msr_apic_base) {
        return vtl1.apic.base;
    }
    if (!vtl1.apic.is_x2apic()) {
        return std::nullopt;
    }
    const u32 reg = msr - msr_x2apic_first;
    switch (reg) {
        case reg_id:
            return vp.apic_id;
        case reg_version:
            return version;
        case reg_task_priority:
            return task_priority(vtl1);
        case reg_processor_priority:
            return vtl1.apic.processor_priority(task_priority(vtl1));
        case reg_logical_destination:
            return x2apic_logical_destination(vp.apic_id);
        case reg_spurious:
            return vtl1.apic.spurious.load();
        case reg_error_status:
            return vtl1.apic.error_status;
        case reg_command:
            return vtl1.apic.command;
        default:
            return read_set(vtl1.apic, reg);
    }
}

bool write_vtl1_apic(Vp& vp, u32 msr, u64 value) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    VirtualApic& apic = vtl1.apic;
    if (msr == msr_apic_base) {
        return write_base(apic, value);
    }
    if (!apic.is_x2apic()) {
        return false;
    }
    const u32 reg = msr - msr_x2apic_first;
    switch (reg) {
        case reg_task_priority:
            return write_task_priority(vtl1, value);
        case reg_eoi:
            if (value != 0) {
                return false;
            }
            apic.end_interrupt();
            return true;
        case reg_spurious:
            if (value > VirtualApic::spurious_defined) {
                return false;
            }
            apic.write_spurious(static_cast<u32>(value));
            return true;
        case reg_error_status:
            if (value != 0) {
                return false;
            }
            apic.error_status = apic.errors;
            apic.errors = 0;
            return true;
        case reg_command:
            return write_command(vp, value);
        case reg_self_ipi:
            return write_self_ipi(vp, value);
        default:
            break;
    }
    const std::optional<usize> entry = lvt_of(reg);
    return entry && write_lvt(apic, *entry, value);
}

std::optional<u64> read_vtl1_interrupt_control(const Vp& vp, u32 msr) {
    switch (msr) {
        case TLFS_MSR_ICR:
            return vtl1_of(vp).apic.command;
        case TLFS_MSR_TPR:
            return task_priority(vtl1_of(vp));
        default:
            return std::nullopt;  // EOI can only be written
    }
}

bool write_vtl1_interrupt_control(Vp& vp, u32 msr, u64 value) {
    constexpr unsigned destination_shift = 56;  // the ICR has the form of an xAPIC's
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    switch (msr) {
        case TLFS_MSR_EOI:
            vtl1.apic.end_interrupt();
            return true;
        case TLFS_MSR_TPR:
            return write_task_priority(vtl1, value);
        case TLFS_MSR_ICR:
            vtl1.apic.command = value;
            send_vtl1_ipi(vp, {.destination = static_cast<u32>(value >> destination_shift),
                               .icr = IcrLow{static_cast<u32>(value)},
                               .x2apic = false});
            return true;
        default:
            return false;
    }
}

}  // namespace hypervisor
