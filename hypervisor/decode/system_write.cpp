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
SystemWrite control_register_write(ModRm modrm, Rex rex) {
    return {.kind = Kind::MovToControl,
            .control_register = static_cast<u8>(rex.get(Rex::r) << 3 | modrm.get(ModRm::reg)),
            .source = static_cast<u8>(rex.get(Rex::b) << 3 | modrm.get(ModRm::rm))};
}

Result<SystemWrite> read_group(
    InstructionBytes& bytes, u8 opcode, ModRm modrm, const Prefixes& prefixes, CodeSize code) {
    SystemWrite write{.kind = TRY(kind_of_group(opcode, modrm))};
    if (modrm.has_memory_operand()) {
        write.memory = TRY(read_memory_operand(bytes, modrm, prefixes, code));
    } else if (write.kind != Kind::Xsetbv) {
        write.source = static_cast<u8>(prefixes.rex.get(Rex::b) << 3 | modrm.get(ModRm::rm));
    }
    return write;
}

Result<SystemWrite> read_opcode(InstructionBytes& bytes, const Prefixes& prefixes, CodeSize code) {
    constexpr u8 mov_to_control = 0x22;
    constexpr u8 last_group = 0x01;
    const u8 opcode = TRY(bytes.next());
    if (opcode == 0x06 || opcode == 0x30) {
        return SystemWrite{.kind = opcode == 0x06 ? Kind::Clts : Kind::Wrmsr};
    }
    if (opcode != mov_to_control && opcode > last_group) {
        return base::fail(Error::Refused);
    }
    const auto modrm = ModRm::from_raw(TRY(bytes.next()));
    if (opcode == mov_to_control) {
        return control_register_write(modrm, prefixes.rex);
    }
    return read_group(bytes, opcode, modrm, prefixes, code);
}

}  // namespace

Result<SystemWrite> decode_system_write(std::span<const u8> bytes, CodeSize code) {
    constexpr u8 two_byte_opcodes = 0x0f;
    InstructionBytes instruction{bytes};
    const auto prefixes = TRY(read_prefixes(instruction, code));
    if (prefixes.has_lock || prefixes.opcode != two_byte_opcodes) {
        return base::fail(Error::Refused);
    }
    auto write = TRY(read_opcode(instruction, prefixes, code));
    write.length = instruction.position();
    return write;
}

}  // namespace hypervisor
