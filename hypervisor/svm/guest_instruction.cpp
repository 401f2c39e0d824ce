// SPDX-License-Identifier: MIT
#include "hypervisor/svm/guest_instruction.h"

#include "hypervisor/svm/instructions.h"
#include "hypervisor/tlfs/guest_memory.h"

namespace hypervisor {

namespace {

u64 segment_base(Vp& vp, Segment segment) {
    Vmcb& vmcb = vp.vmcb();
    if (segment >= Segment::Fs) {
        vmsave(std::bit_cast<u64>(&vmcb));  // they are in the CPU, not in the VMCB
    }
    const std::array bases{vmcb.es.base, vmcb.cs.base, vmcb.ss.base,
                           vmcb.ds.base, vmcb.fs.base, vmcb.gs.base};
    return bases[static_cast<usize>(segment)];
}

}  // namespace

u64& general_register(Vp& vp, u8 number) {
    GuestRegisters& r = vp.registers;
    switch (number) {
        case 0:
            return vp.vmcb().rax;
        case 1:
            return r.rcx;
        case 2:
            return r.rdx;
        case 3:
            return r.rbx;
        case 4:
            return vp.vmcb().rsp;
        case 5:
            return r.rbp;
        case 6:
            return r.rsi;
        case 7:
            return r.rdi;
        default:
            break;
    }
    const std::array high{&r.r8, &r.r9, &r.r10, &r.r11, &r.r12, &r.r13, &r.r14, &r.r15};
    return *high[number - 8U];
}

base::Result<SystemWrite> decode_system_write(const Vp& vp) {
    const Vmcb& vmcb = vp.vtl[static_cast<usize>(vp.active)].vmcb;
    std::array<u8, max_instruction_bytes> bytes{};
    auto locked = partition.lock();
    const usize count = fetch_instruction(locked, vmcb, bytes);
    return decode_system_write(std::span{bytes}.first(count), code_size(vmcb));
}

u64 linear_address(Vp& vp, const MemoryOperand& operand, u8 length) {
    const bool is_64_bit = code_size(vp.vmcb()) == CodeSize::Code64;
    u64 offset = operand.displacement;
    if (operand.base != MemoryOperand::no_register) {
        offset += general_register(vp, operand.base);
    }
    if (operand.index != MemoryOperand::no_register) {
        offset += general_register(vp, operand.index) << operand.scale;
    }
    offset += operand.is_rip_relative ? vp.vmcb().rip + length : 0;
    if (operand.address_bytes != 8) {
        offset &= (u64{1} << 8 * operand.address_bytes) - 1;
    }
    if (is_64_bit) {
        return operand.segment >= Segment::Fs ? offset + segment_base(vp, operand.segment) : offset;
    }
    return (offset + segment_base(vp, operand.segment)) & 0xffff'ffff;
}

}  // namespace hypervisor
