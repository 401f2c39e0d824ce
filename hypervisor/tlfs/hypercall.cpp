// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/hypercall.h"

#include <algorithm>

#include "hypervisor/tlfs/guest_memory.h"
#include "hypervisor/tlfs/vtl_switch.h"

namespace hypervisor {

/// XMM0 to XMM5 of the guest.
using XmmRegisters = std::array<u64, 12>;

extern "C" void hypervisor_read_xmm(XmmRegisters* registers);

namespace {

constexpr u64 vmmcall_bytes = 3;

/// Input of a fast call, in this order. @source TLFS, "XMM Fast Hypercall Input"
struct FastInput {
    u64 rdx;
    u64 r8;
    XmmRegisters xmm;
};

static_assert(sizeof(FastInput) == 112);

/// What the table says of a call. Sizes in bytes; a simple call has no elements.
struct Row {
    u16 code;
    u16 header_bytes;
    u16 element_bytes;
    u16 output_element_bytes;
    TlfsStatus (*handler)(Hypercall& call);
    bool has_variable_header = false;

    constexpr CallShape shape() const {
        return {.is_rep = element_bytes != 0, .has_variable_header = has_variable_header};
    }

    constexpr usize elements_at(const HypercallInput& input) const {
        return header_bytes + sizeof(u64) * input.variable_header_qwords;
    }

    constexpr usize input_bytes(const HypercallInput& input) const {
        return elements_at(input) + usize{element_bytes} * input.rep_count;
    }
};

constexpr std::array rows{
    Row{TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, sizeof(tlfs_flush_virtual_address), 0, 0,
        flush_virtual_address},
    Row{TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST, sizeof(tlfs_flush_virtual_address), sizeof(u64), 0,
        flush_virtual_address},
    Row{TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX, sizeof(tlfs_flush_virtual_address_ex), 0, 0,
        flush_virtual_address_ex, true},
    Row{TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX, sizeof(tlfs_flush_virtual_address_ex), sizeof(u64),
        0, flush_virtual_address_ex, true},
    Row{TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, 8, 0, 0, notify_long_spin_wait},
    Row{TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, sizeof(tlfs_modify_vtl_protection_mask), sizeof(u64),
        0, modify_vtl_protection_mask},
    Row{TLFS_CALL_ENABLE_PARTITION_VTL, sizeof(tlfs_enable_partition_vtl), 0, 0,
        enable_partition_vtl},
    Row{TLFS_CALL_ENABLE_VP_VTL, sizeof(tlfs_enable_vp_vtl), 0, 0, enable_vp_vtl},
    Row{TLFS_CALL_GET_VP_REGISTERS, sizeof(tlfs_vp_registers_header), sizeof(u32),
        sizeof(tlfs_register_value), get_vp_registers},
    Row{TLFS_CALL_SET_VP_REGISTERS, sizeof(tlfs_vp_registers_header),
        sizeof(tlfs_register_assignment), 0, set_vp_registers},
    Row{TLFS_CALL_START_VIRTUAL_PROCESSOR, sizeof(tlfs_enable_vp_vtl), 0, 0,
        start_virtual_processor},
    Row{TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, sizeof(tlfs_vp_index_from_apic_id), sizeof(u32),
        sizeof(u32), get_vp_index_from_apic_id},
};

using Page = std::array<u8, base::page_size>;

/// Copies the input block, once. @return the status that refuses it, or success
TlfsStatus copy_input(Vp& vp, const HypercallInput& input, std::span<u8> block) {
    if (input.is_fast) {
        FastInput fast{vp.registers.rdx, vp.registers.r8, {}};
        hypervisor_read_xmm(&fast.xmm);
        std::memcpy(block.data(), &fast, block.size());
        return TLFS_STATUS_SUCCESS;
    }
    const u64 gpa = vp.registers.rdx;
    if (gpa % 8 != 0 || gpa % base::page_size + block.size() > base::page_size) {
        return TLFS_STATUS_INVALID_ALIGNMENT;
    }
    auto locked = partition.lock();
    return read_guest(locked, vp.active, gpa, block) ? TlfsStatus{TLFS_STATUS_SUCCESS}
                                                     : TlfsStatus{TLFS_STATUS_INVALID_PARAMETER};
}

/// Where the output goes is checked before the call has an effect, and again when it is written.
TlfsStatus check_output(u64 gpa, usize size) {
    const bool fits = gpa % 8 == 0 && gpa % base::page_size + size <= base::page_size;
    return fits ? TLFS_STATUS_SUCCESS : TLFS_STATUS_INVALID_ALIGNMENT;
}

u64 run(Vp& vp, const Row& row, const HypercallInput& input) {
    const usize input_bytes = row.input_bytes(input);
    const usize output_bytes = usize{row.output_element_bytes} * input.rep_count;
    const usize room = input.is_fast ? sizeof(FastInput) : base::page_size;
    if (input_bytes > room || output_bytes > base::page_size) {
        return hypercall_result(TLFS_STATUS_INVALID_HYPERCALL_INPUT, 0);
    }
    // Only what was copied in or set by the call is ever read.
    [[clang::uninitialized]] Page in;
    const std::span block = std::span{in}.first(input_bytes);
    if (const TlfsStatus status = copy_input(vp, input, block); status != TLFS_STATUS_SUCCESS) {
        return hypercall_result(status, 0);
    }
    const u64 output_gpa = vp.registers.r8;
    if (output_bytes != 0) {
        if (const TlfsStatus status = check_output(output_gpa, output_bytes);
            status != TLFS_STATUS_SUCCESS) {
            return hypercall_result(status, 0);
        }
    }
    [[clang::uninitialized]] Page out;
    Hypercall call{.vp = vp,
                   .caller = vp.active,
                   .input = input,
                   .header = block.first(row.header_bytes),
                   .variable = block.first(row.elements_at(input)).subspan(row.header_bytes),
                   .elements = block.subspan(row.elements_at(input)),
                   .output = std::span{out}.first(output_bytes),
                   .reps_completed = input.rep_start};
    const TlfsStatus status = row.handler(call);
    const usize first = usize{row.output_element_bytes} * input.rep_start;
    const usize last = usize{row.output_element_bytes} * call.reps_completed;
    if (last > first) {
        auto locked = partition.lock();
        const std::span done = std::span{out}.subspan(first, last - first);
        if (!write_guest(locked, call.caller, output_gpa + first, done)) {
            return hypercall_result(TLFS_STATUS_INVALID_PARAMETER, input.rep_start);
        }
    }
    return hypercall_result(status, row.shape().is_rep ? call.reps_completed : u16{0});
}

/// The result, or nothing for #UD (a fast call with output, for which XMM is not offered).
std::optional<u64> dispatch(Vp& vp) {
    const u64 control = vp.registers.rcx;
    const auto* const row = std::ranges::find(rows, call_code_of(control), &Row::code);
    if (row == rows.end()) {
        return hypercall_result(TLFS_STATUS_INVALID_HYPERCALL_CODE, 0);
    }
    const auto input = parse_hypercall_input(control, row->shape());
    if (!input) {
        return hypercall_result(input.error(), 0);
    }
    if (input->is_fast && row->output_element_bytes != 0) {
        return std::nullopt;
    }
    return run(vp, *row, *input);
}

bool may_call(Vp& vp) {
    const Vmcb& vmcb = vp.vmcb();
    return vmcb.cpl == 0 && (vmcb.cr0 & cr0_pe) != 0 && (vmcb.efer & efer_lma) != 0 &&
           (vmcb.cs.attributes & segment_long) != 0;
}

}  // namespace

void handle_vmmcall(Vp& vp) {
    if (!may_call(vp)) {
        raise_invalid_opcode(vp);
        return;
    }
    switch (call_code_of(vp.registers.rcx)) {
        case TLFS_CALL_VTL_CALL:
            vtl_call(vp);
            return;
        case TLFS_CALL_VTL_RETURN:
            vtl_return(vp);
            return;
        default:
            break;
    }
    if (partition.lock()->of(vp.active).guest_os_id == 0) {
        raise_invalid_opcode(vp);
        return;
    }
    const std::optional<u64> result = dispatch(vp);
    if (!result) {
        raise_invalid_opcode(vp);
        return;
    }
    vp.vmcb().rax = *result;
    advance_rip(vp.vmcb(), vmmcall_bytes);
}

std::expected<Vtl, TlfsStatus> parse_input_vtl(u8 input_vtl, Vtl caller) {
    const u32 target = input_vtl & TLFS_INPUT_VTL_TARGET;
    if ((input_vtl & TLFS_INPUT_VTL_RESERVED) != 0) {
        return std::unexpected(TlfsStatus{TLFS_STATUS_INVALID_PARAMETER});
    }
    if ((input_vtl & TLFS_INPUT_VTL_USE_TARGET) == 0) {
        return caller;
    }
    if (target > static_cast<u32>(caller)) {
        return std::unexpected(target > 1 ? TlfsStatus{TLFS_STATUS_INVALID_PARAMETER}
                                          : TlfsStatus{TLFS_STATUS_ACCESS_DENIED});
    }
    return static_cast<Vtl>(target);
}

TlfsStatus notify_long_spin_wait(Hypercall& /*call*/) {
    return TLFS_STATUS_SUCCESS;
}

}  // namespace hypervisor
