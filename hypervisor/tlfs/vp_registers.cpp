// SPDX-License-Identifier: MIT
#include <algorithm>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/apic/remote_call.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vmcb_state.h"
#include "hypervisor/tlfs/hypercall.h"
#include "hypervisor/tlfs/register_map.h"
#include "hypervisor/tlfs/segment.h"
#include "hypervisor/tlfs/vsm_registers.h"
#include "hypervisor/tlfs/xcr0.h"

namespace hypervisor {

namespace {

using Value = tlfs_register_value;

u64 from_vmcb(u32 name, u64 raw) {
    return name == TLFS_REG_EFER ? raw & ~efer_svme : raw;
}

Value read_segment(const SegmentRegister& reg, const Vmcb& vmcb) {
    const VmcbSegment& segment = vmcb.*reg.field;
    if (reg.is_table) {
        return std::bit_cast<Value>(
            tlfs_table_register{{}, static_cast<u16>(segment.limit), segment.base});
    }
    return std::bit_cast<Value>(tlfs_segment_register{segment.base, segment.limit, segment.selector,
                                                      tlfs_attributes_of_vmcb(segment.attributes)});
}

void write_segment(const SegmentRegister& reg, Vmcb& vmcb, const Value& value) {
    if (reg.is_table) {
        const auto table = std::bit_cast<tlfs_table_register>(value);
        vmcb.*reg.field = {0, 0, table.limit, table.base};
        return;
    }
    const auto segment = std::bit_cast<tlfs_segment_register>(value);
    vmcb.*reg.field = {segment.selector, vmcb_attributes_of_tlfs(segment.attributes), segment.limit,
                       segment.base};
}

/// @source AMD APM vol. 2, 15.5.1: CPL is SS.DPL, and 0 in real mode
u8 privilege_of(const Vmcb& vmcb) {
    return (vmcb.cr0 & cr0_pe) == 0 ? u8{0} : static_cast<u8>(vmcb.ss.attributes >> 5 & 3);
}

/// What of VTL0 is not in its VMCB while VTL1 runs: CR8 and APIC_BASE stay in the machine's APIC,
/// XCR0 is shared and stays in the CPU, TSC_AUX is saved.
std::expected<Value, TlfsStatus> read_special(const Vp& vp, u32 name) {
    switch (name) {
        case TLFS_REG_INTERNAL_ACTIVITY_STATE:
            return Value{vp.startup_suspended.load() ? TLFS_ACTIVITY_STARTUP_SUSPEND : 0, 0};
        case TLFS_REG_CR8:
            return Value{read_cr8(), 0};
        case TLFS_REG_TSC_AUX:
            return Value{vp.vtl[static_cast<usize>(Vtl::Vtl0)].tsc_aux, 0};
        case TLFS_REG_APIC_BASE:
            return Value{read_msr(msr_apic_base), 0};
        case TLFS_REG_XFEM:
            if (xcr0::is_shown()) {
                return Value{read_xcr0(), 0};
            }
            break;
        default:
            break;
    }
    return std::unexpected(TlfsStatus{TLFS_STATUS_INVALID_PARAMETER});
}

TlfsStatus write_special(Vp& vp, u32 name, u64 value) {
    switch (name) {
        case TLFS_REG_INTERNAL_ACTIVITY_STATE:
            if ((value & ~TLFS_ACTIVITY_STARTUP_SUSPEND) != 0) {
                return TLFS_STATUS_INVALID_REGISTER_VALUE;
            }
            vp.startup_suspended.store(value != 0);
            return TLFS_STATUS_SUCCESS;
        case TLFS_REG_CR8:
            if (value >= 16) {
                return TLFS_STATUS_INVALID_REGISTER_VALUE;
            }
            write_cr8(value);
            return TLFS_STATUS_SUCCESS;
        case TLFS_REG_TSC_AUX:
            if (value >> 32 != 0) {
                return TLFS_STATUS_INVALID_REGISTER_VALUE;
            }
            vp.of(Vtl::Vtl0).tsc_aux = value;
            return TLFS_STATUS_SUCCESS;
        case TLFS_REG_APIC_BASE:
            return local_apic::write_base_for_guest(value) ? TLFS_STATUS_SUCCESS
                                                           : TLFS_STATUS_INVALID_REGISTER_VALUE;
        case TLFS_REG_XFEM:
            if (!xcr0::is_shown()) {
                return TLFS_STATUS_INVALID_PARAMETER;
            }
            if (!xcr0::is_valid(value)) {
                return TLFS_STATUS_INVALID_REGISTER_VALUE;
            }
            write_xcr0(value);
            return TLFS_STATUS_SUCCESS;
        default:
            return TLFS_STATUS_INVALID_PARAMETER;
    }
}

/// Architectural registers of a lower VTL, whose state lies in its VMCB: VTL1 is active on the VP,
/// or the VP answers a remote call.
std::expected<Value, TlfsStatus> read_architectural(Vp& vp, u32 name) {
    const VtlContext& target = vp.of(Vtl::Vtl0);
    if (const auto* const reg = std::ranges::find(scalar_registers, name, &ScalarRegister::name);
        reg != scalar_registers.end()) {
        return Value{from_vmcb(name, target.vmcb.*reg->field), 0};
    }
    if (const auto* const reg = std::ranges::find(segment_registers, name, &SegmentRegister::name);
        reg != segment_registers.end()) {
        return read_segment(*reg, target.vmcb);
    }
    return read_special(vp, name);
}

TlfsStatus write_architectural(Vp& vp, u32 name, const Value& value) {
    VtlContext& target = vp.of(Vtl::Vtl0);
    if (const auto* const reg = std::ranges::find(scalar_registers, name, &ScalarRegister::name);
        reg != scalar_registers.end()) {
        if (!satisfies(reg->rule, value.low)) {
            return TLFS_STATUS_INVALID_REGISTER_VALUE;
        }
        target.vmcb.*reg->field = value.low;
        target.vmcb.efer = vmcb_efer(target.vmcb.efer, target.vmcb.cr0);
        target.vmcb.rflags |= rflags_reserved;
        if (name == TLFS_REG_CR2) {  // shared: the active VTL has it loaded
            vp.vmcb().cr2 = value.low;
        }
        if (reg->changes_translation) {
            vp.flush_requested.store(true);
        }
        return TLFS_STATUS_SUCCESS;
    }
    if (const auto* const reg = std::ranges::find(segment_registers, name, &SegmentRegister::name);
        reg != segment_registers.end()) {
        if (!is_canonical(std::bit_cast<tlfs_segment_register>(value).base) && !reg->is_table) {
            return TLFS_STATUS_INVALID_REGISTER_VALUE;
        }
        write_segment(*reg, target.vmcb, value);
        target.vmcb.cpl = privilege_of(target.vmcb);
        return TLFS_STATUS_SUCCESS;
    }
    return write_special(vp, name, value.low);
}

/// Whose registers a call names.
struct Target {
    Vp& vp;
    Vtl vtl;
};

/// Header checks that Get and Set share. Another VP's registers are VTL1's to reach (tlfs.rst E18).
/// @param refusal  what VTL0 is told that names another VP
std::expected<Target, TlfsStatus> check_header(const Hypercall& call, TlfsStatus refusal) {
    const auto header = call.header_as<tlfs_vp_registers_header>();
    if (header.partition_id != TLFS_PARTITION_SELF) {
        return std::unexpected(TlfsStatus{TLFS_STATUS_ACCESS_DENIED});
    }
    if (std::ranges::any_of(header.reserved, [](u8 byte) { return byte != 0; })) {
        return std::unexpected(TlfsStatus{TLFS_STATUS_INVALID_PARAMETER});
    }
    const u32 index = header.vp_index == TLFS_VP_SELF ? call.vp.index : header.vp_index;
    if (index >= vps().size()) {
        return std::unexpected(TlfsStatus{TLFS_STATUS_INVALID_VP_INDEX});
    }
    Vp& vp = vps()[index];
    if (&vp != &call.vp && call.caller == Vtl::Vtl0) {
        return std::unexpected(refusal);
    }
    const auto vtl = parse_input_vtl(header.input_vtl, call.caller);
    if (!vtl) {
        return std::unexpected(vtl.error());
    }
    return Target{vp, *vtl};
}

/// On the target's own CPU.
TlfsStatus get_from(Hypercall& call, const Target& target) {
    while (call.reps_completed < call.input.rep_count) {
        const u32 name = call.element<u32>(call.reps_completed);
        std::expected<Value, TlfsStatus> value = read_vsm_register(target.vp, target.vtl, name);
        if (!value && value.error() == TLFS_STATUS_INVALID_PARAMETER) {
            value = target.vtl < call.caller
                        ? read_architectural(target.vp, name)
                        : std::unexpected(is_architectural(name)
                                              ? TlfsStatus{TLFS_STATUS_ACCESS_DENIED}
                                              : TlfsStatus{TLFS_STATUS_INVALID_PARAMETER});
        }
        if (!value) {
            return value.error();
        }
        call.set_output(call.reps_completed, *value);
        ++call.reps_completed;
    }
    return TLFS_STATUS_SUCCESS;
}

/// On the target's own CPU.
TlfsStatus set_in(Hypercall& call, const Target& target) {
    while (call.reps_completed < call.input.rep_count) {
        const auto assignment = call.element<tlfs_register_assignment>(call.reps_completed);
        if (std::ranges::any_of(assignment.reserved, [](u32 word) { return word != 0; })) {
            return TLFS_STATUS_INVALID_PARAMETER;
        }
        TlfsStatus status = TLFS_STATUS_INVALID_PARAMETER;
        if (!is_architectural(assignment.name)) {
            status = write_vsm_register(target.vp, call.caller, target.vtl, assignment);
        } else if (target.vtl < call.caller) {
            status = write_architectural(target.vp, assignment.name, assignment.value);
        } else {
            status = TLFS_STATUS_ACCESS_DENIED;
        }
        if (status != TLFS_STATUS_SUCCESS) {
            return status;
        }
        ++call.reps_completed;
    }
    return TLFS_STATUS_SUCCESS;
}

TlfsStatus access(Hypercall& call,
                  const std::expected<Target, TlfsStatus>& target,
                  TlfsStatus (*work)(Hypercall& call, const Target& target)) {
    if (!target) {
        return target.error();
    }
    if (&target->vp == &call.vp) {
        return work(call, *target);
    }
    TlfsStatus status = TLFS_STATUS_SUCCESS;
    run_on(call.vp, target->vp, [&](Vp&) { status = work(call, *target); });
    return status;
}

}  // namespace

bool satisfies(RegisterRule rule, u64 value) {
    switch (rule) {
        case RegisterRule::Any:
            return true;
        case RegisterRule::Canonical:
            return is_canonical(value);
        case RegisterRule::Cr0:
            return is_valid_cr0(value);
        case RegisterRule::Cr4:
            return is_valid_cr4(value);
        case RegisterRule::Efer:
            return is_valid_efer(value);
        case RegisterRule::Pat:
            return is_valid_pat(value);
        case RegisterRule::Low32:
            return value >> 32 == 0;
        case RegisterRule::Rflags:
            return (value & ~u64{0x3f'7fd7}) == 0;
    }
    return false;
}

/// @source TLFS, HvCallGetVpRegisters; tlfs.rst 2.5
TlfsStatus get_vp_registers(Hypercall& call) {
    return access(call, check_header(call, TLFS_STATUS_ACCESS_DENIED), get_from);
}

/// @source TLFS, HvCallSetVpRegisters; tlfs.rst 2.5
TlfsStatus set_vp_registers(Hypercall& call) {
    return access(call, check_header(call, TLFS_STATUS_INVALID_VP_INDEX), set_in);
}

}  // namespace hypervisor
