// SPDX-License-Identifier: MIT
#include "hypervisor/svm/system_entry.h"

#include "hypervisor/decode/system_entry.h"
#include "hypervisor/svm/code_size.h"
#include "hypervisor/tlfs/guest_memory.h"

namespace hypervisor {

namespace {

// Exceptions that push an error code. @source AMD APM vol. 2, table 8-1
constexpr u32 with_error_code = 0x6022'7d00;  // 8, 10 to 14, 17, 21, 29, 30

constexpr u8 vector_segment_not_present = 11;

// A gate of the IDT in long mode. @source AMD APM vol. 2, 4.8.4, figure 4-24
constexpr u64 gate_bytes = 16;
constexpr usize gate_attributes = 5;
constexpr u8 gate_present = 0x80;
constexpr u8 gate_dpl_3 = 0x60;

base::Result<SystemEntry> decode(const Vmcb& vmcb) {
    std::array<u8, max_instruction_bytes> bytes{};
    auto locked = partition.lock();
    const usize count = fetch_instruction(locked, vmcb, bytes);
    return decode_system_entry(std::span{bytes}.first(count), code_size(vmcb));
}

/// What a CPU at CPL 3 raises instead of entering the gate, if it refuses; else an invalid event.
/// Error codes name the gate (AMD APM vol. 2, 8.4.1: bit 1 is IDT).
Event refusal(const Vmcb& vmcb, u8 vector) {
    const u32 error_code = u32{vector} << 3 | 2;
    const u64 offset = vector * gate_bytes;
    std::array<u8, gate_bytes> gate{};
    auto locked = partition.lock();
    if (offset + gate_bytes - 1 > vmcb.idtr.limit) {
        return make_exception(vector_general_protection, error_code);
    }
    if (read_linear(locked, vmcb, vmcb.idtr.base + offset, gate) != gate.size()) {
        return Event{};  // delivering it will find out why
    }
    if ((gate[gate_attributes] & gate_dpl_3) != gate_dpl_3) {
        return make_exception(vector_general_protection, error_code);
    }
    if ((gate[gate_attributes] & gate_present) == 0) {
        return make_exception(vector_segment_not_present, error_code);
    }
    return Event{};
}

/// RIP moves past the instruction first: that is what the handler's frame shall hold.
void enter_gate(Vp& vp, const SystemEntry& entry) {
    const Event refused = refusal(vp.vmcb(), entry.vector);
    if (refused.get(Event::valid)) {
        raise_exception(vp, refused);
        return;
    }
    advance_rip(vp.vmcb(), entry.length);
    vp.context().pending = Event{}
                               .with(Event::vector, entry.vector)
                               .with(Event::type, EventType::SoftwareInterrupt)
                               .with(Event::valid, true);
}

/// SYSCALL in long mode. @source AMD APM vol. 3, "SYSCALL"; vol. 2, 6.1.1
void enter_system_call(Vp& vp, u8 length) {
    constexpr u16 code_attributes = 0xa9b;  // G, L, present, DPL 0, code, read, accessed
    constexpr u16 data_attributes = 0xc93;  // G, B, present, DPL 0, data, write, accessed
    constexpr u32 flat = 0xffff'ffff;
    Vmcb& vmcb = vp.vmcb();
    const bool is_64_bit = code_size(vmcb) == CodeSize::Code64;
    advance_rip(vmcb, length);
    vp.registers.rcx = vmcb.rip;
    vp.registers.r11 = vmcb.rflags & ~rflags_rf;
    const auto selector = static_cast<u16>(vmcb.star >> 32 & 0xfffc);
    vmcb.cs = {selector, code_attributes, flat, 0};
    vmcb.ss = {static_cast<u16>(selector + 8), data_attributes, flat, 0};
    vmcb.cpl = 0;
    vmcb.rflags = (vmcb.rflags & ~(vmcb.sfmask | rflags_rf)) | rflags_reserved;
    vmcb.rip = is_64_bit ? vmcb.lstar : vmcb.cstar;
    if ((vmcb.rflags & rflags_tf) != 0) {  // a trap after it, unless SFMASK cleared TF
        vmcb.dr6 |= dr6_single_step;
        raise_exception(vp, make_exception(vector_debug));
    }
}

}  // namespace

void deliver_exception(Vp& vp, u8 vector) {
    Vmcb& vmcb = vp.vmcb();
    switch (vector) {
        case vector_invalid_opcode:
            if (const auto entry = decode(vmcb);
                (vmcb.efer & efer_sce) != 0 && entry && entry->kind == SystemEntry::Kind::Syscall) {
                enter_system_call(vp, entry->length);
                return;
            }
            break;
        case vector_breakpoint:
        case vector_overflow:
            deliver_software_interrupt(vp);
            return;
        case vector_page_fault:
            vmcb.cr2 = vmcb.exit_info2;  // AMD APM vol. 2, 15.12.15
            break;
        default:
            break;
    }
    const bool has_code = (with_error_code >> vector & 1) != 0;
    raise_exception(vp, has_code ? make_exception(vector, static_cast<u32>(vmcb.exit_info1))
                                 : make_exception(vector));
}

void deliver_software_interrupt(Vp& vp) {
    const base::Result<SystemEntry> entry = decode(vp.vmcb());
    if (!entry || entry->kind == SystemEntry::Kind::Syscall) {
        return;  // another CPU has rewritten the instruction: what is there now runs instead
    }
    if (entry->kind == SystemEntry::Kind::Icebp) {
        advance_rip(vp.vmcb(), entry->length);
        raise_exception(vp, make_exception(vector_debug));
        return;
    }
    enter_gate(vp, *entry);
}

}  // namespace hypervisor
