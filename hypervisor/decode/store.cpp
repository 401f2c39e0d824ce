// SPDX-License-Identifier: MIT
#include "hypervisor/decode/store.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;
using Kind = MemoryAccess::Kind;

struct Form {
    Kind kind = Kind::Load;
    bool has_immediate = false;
    bool has_absolute_address = false;  // instead of a ModRM byte; the register is rAX
    bool is_byte = false;
};

/// Only XCHG may be locked, of these.
Result<Form> form_of(const Prefixes& prefixes) {
    if (prefixes.has_repeat || (prefixes.has_lock && prefixes.opcode != 0x87)) {
        return base::fail(Error::Refused);
    }
    switch (prefixes.opcode) {
        case 0x87:  // XCHG r/m, reg
            return Form{.kind = Kind::Exchange};
        case 0x88:  // MOV r/m8, reg8
            return Form{.kind = Kind::Store, .is_byte = true};
        case 0x89:  // MOV r/m, reg
            return Form{.kind = Kind::Store};
        case 0x8b:  // MOV reg, r/m
            return Form{.kind = Kind::Load};
        case 0xa1:  // MOV rAX, moffs
            return Form{.kind = Kind::Load, .has_absolute_address = true};
        case 0xa3:  // MOV moffs, rAX
            return Form{.kind = Kind::Store, .has_absolute_address = true};
        case 0xc6:  // MOV r/m8, imm8
            return Form{.kind = Kind::Store, .has_immediate = true, .is_byte = true};
        case 0xc7:  // MOV r/m, imm
            return Form{.kind = Kind::Store, .has_immediate = true};
        default:
            return base::fail(Error::Refused);
    }
}

/// AMD APM vol. 3, table 1-2
u8 operand_bytes(const Prefixes& prefixes, CodeSize code) {
    if (prefixes.rex.get(Rex::w)) {
        return 8;
    }
    return prefixes.has_operand_size == (code == CodeSize::Code16) ? 4 : 2;
}

/// As wide as the operand, and 32 bits at most; with an 8-byte operand the sign fills the rest.
Result<u64> read_immediate(InstructionBytes& bytes, u8 width) {
    return width == 8 ? bytes.signed_number(4) : bytes.number(width);
}

Result<void> decode_modrm_form(InstructionBytes& bytes,
                               const Prefixes& prefixes,
                               CodeSize code,
                               MemoryAccess& access) {
    const auto modrm = ModRm::from_raw(TRY(bytes.next()));
    const u8 reg = modrm.get(ModRm::reg);
    if (!modrm.has_memory_operand() || (access.has_immediate && reg != 0)) {
        return base::fail(Error::Refused);
    }
    TRY(read_memory_operand(bytes, modrm, prefixes, code));
    if (access.has_immediate) {
        access.immediate = TRY(read_immediate(bytes, access.operand_bytes));
    } else {
        constexpr u8 first_high_byte = 4;  // AH, unless there is a REX prefix
        if (access.operand_bytes == 1 && reg >= first_high_byte && prefixes.rex.raw() == 0) {
            return base::fail(Error::Refused);
        }
        access.register_number = static_cast<u8>(prefixes.rex.get(Rex::r) << 3 | reg);
    }
    return {};
}

}  // namespace

Result<MemoryAccess> decode_memory_access(std::span<const u8> bytes, CodeSize code) {
    InstructionBytes instruction{bytes};
    const auto prefixes = TRY(read_prefixes(instruction, code));
    const auto form = TRY(form_of(prefixes));
    if (address_bytes(prefixes, code) == 2) {
        return base::fail(Error::Refused);
    }
    const u8 width = form.is_byte ? u8{1} : operand_bytes(prefixes, code);
    MemoryAccess access{
        .kind = form.kind, .operand_bytes = width, .has_immediate = form.has_immediate};
    if (form.has_absolute_address) {
        TRY(instruction.number(address_bytes(prefixes, code)));
    } else {
        TRY(decode_modrm_form(instruction, prefixes, code, access));
    }
    access.length = instruction.position();
    return access;
}

}  // namespace hypervisor
