// SPDX-License-Identifier: MIT
#include "hypervisor/decode/system_write.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;
using Kind = SystemWrite::Kind;

/// AMD APM vol. 3, table A-6 "ModRM.reg Extensions", groups 6 (0F 00) and 7 (0F 01)
Result<Kind> kind_of_group(u8 opcode, ModRm modrm) {
    constexpr u64 xsetbv = 0xd1;
    const u8 reg = modrm.get(ModRm::reg);
    if (opcode == 0x00 && (reg == 2 || reg == 3)) {
        return reg == 2 ? Kind::Lldt : Kind::Ltr;
    }
    if (opcode == 0x01 && modrm == ModRm::from_raw(xsetbv)) {
        return Kind::Xsetbv;
    }
    if (opcode == 0x01 && reg == 6) {
        return Kind::Lmsw;
    }
    if (opcode == 0x01 && (reg == 2 || reg == 3) && modrm.has_memory_operand()) {
        return reg == 2 ? Kind::Lgdt : Kind::Lidt;
    }
    return base::fail(Error::Refused);
}

/// The mod field of MOV CRn means nothing.
void read_control_register(ModRm modrm, Rex rex, SystemWrite& write) {
    write.kind = Kind::MovToControl;
    write.control_register = static_cast<u8>(rex.get(Rex::r) << 3 | modrm.get(ModRm::reg));
    write.source = static_cast<u8>(rex.get(Rex::b) << 3 | modrm.get(ModRm::rm));
}

Result<void> read_operand(InstructionBytes& bytes,
                          ModRm modrm,
                          const Prefixes& prefixes,
                          CodeSize code,
                          SystemWrite& write) {
    if (modrm.has_memory_operand()) {
        write.memory = TRY(read_memory_operand(bytes, modrm, prefixes, code));
    } else if (write.kind != Kind::Xsetbv) {
        write.source = static_cast<u8>(prefixes.rex.get(Rex::b) << 3 | modrm.get(ModRm::rm));
    }
    return {};
}

}  // namespace

Result<SystemWrite> decode_system_write(std::span<const u8> bytes, CodeSize code) {
    constexpr u8 two_byte_opcodes = 0x0f;
    InstructionBytes instruction{bytes};
    const auto prefixes = TRY(read_prefixes(instruction, code));
    if (prefixes.has_lock || prefixes.opcode != two_byte_opcodes) {
        return base::fail(Error::Refused);
    }
    const u8 opcode = TRY(instruction.next());
    SystemWrite write;
    switch (opcode) {
        case 0x06:
            write.kind = Kind::Clts;
            break;
        case 0x30:
            write.kind = Kind::Wrmsr;
            break;
        case 0x22:
            read_control_register(ModRm::from_raw(TRY(instruction.next())), prefixes.rex, write);
            break;
        default: {
            if (opcode > 0x01) {
                return base::fail(Error::Refused);
            }
            const auto modrm = ModRm::from_raw(TRY(instruction.next()));
            write.kind = TRY(kind_of_group(opcode, modrm));
            TRY(read_operand(instruction, modrm, prefixes, code, write));
        }
    }
    write.length = instruction.position();
    return write;
}

}  // namespace hypervisor
