// SPDX-License-Identifier: MIT
#include "hypervisor/decode/instruction.h"

#include <array>

namespace hypervisor {

namespace {

using base::Error;
using base::Result;

constexpr u8 rsp = 4;
constexpr u8 rbp = 5;

/// The eight forms of 16-bit addresses, by rm.
constexpr std::array<MemoryOperand, 8> forms_16{{
    {.base = 3, .index = 6},                            // BX + SI
    {.base = 3, .index = 7},                            // BX + DI
    {.base = rbp, .index = 6, .segment = Segment::Ss},  // BP + SI
    {.base = rbp, .index = 7, .segment = Segment::Ss},  // BP + DI
    {.base = 6},                                        // SI
    {.base = 7},                                        // DI
    {.base = rbp, .segment = Segment::Ss},              // BP
    {.base = 3},                                        // BX
}};

/// What `mod` says, and without a base register `wide`.
Result<u64> read_displacement(InstructionBytes& bytes, u8 mod, bool has_base, usize wide) {
    if (!has_base || mod == 2) {
        return bytes.signed_number(wide);
    }
    return mod == 1 ? bytes.signed_number(1) : Result<u64>{0};
}

Result<MemoryOperand> read_16(InstructionBytes& bytes, ModRm modrm) {
    const u8 mod = modrm.get(ModRm::mod);
    MemoryOperand operand = forms_16[modrm.get(ModRm::rm)];
    if (mod == 0 && modrm.get(ModRm::rm) == 6) {
        operand = {};
    }
    operand.displacement =
        TRY(read_displacement(bytes, mod, operand.base != MemoryOperand::no_register, 2));
    return operand;
}

/// RIP-relative is the form that is an absolute address in 32-bit code.
Result<MemoryOperand> read_32(InstructionBytes& bytes, ModRm modrm, Rex rex, CodeSize code) {
    const u8 mod = modrm.get(ModRm::mod);
    const bool has_sib = modrm.get(ModRm::rm) == rsp;
    u8 base = modrm.get(ModRm::rm);
    MemoryOperand operand;
    if (has_sib) {
        const auto sib = ModRm::from_raw(TRY(bytes.next()));  // scale, index, base
        const u8 index = static_cast<u8>(rex.get(Rex::x) << 3 | sib.get(ModRm::reg));
        operand.index = index == rsp ? MemoryOperand::no_register : index;
        operand.scale = sib.get(ModRm::mod);
        base = sib.get(ModRm::rm);
    }
    const bool has_base = base != rbp || mod != 0;
    if (has_base) {
        operand.base = static_cast<u8>(rex.get(Rex::b) << 3 | base);
    }
    operand.is_rip_relative = !has_base && !has_sib && code == CodeSize::Code64;
    operand.segment = operand.base == rsp || operand.base == rbp ? Segment::Ss : Segment::Ds;
    operand.displacement = TRY(read_displacement(bytes, mod, has_base, 4));
    return operand;
}

/// Whether the byte is a prefix that is not REX.
bool note_prefix(Prefixes& prefixes, u8 byte, CodeSize code) {
    const auto segment = [&](Segment which) {
        if (code != CodeSize::Code64 || which >= Segment::Fs) {
            prefixes.has_segment = true;
            prefixes.segment = which;
        }
        return true;
    };
    switch (byte) {
        case 0x26:
            return segment(Segment::Es);
        case 0x2e:
            return segment(Segment::Cs);
        case 0x36:
            return segment(Segment::Ss);
        case 0x3e:
            return segment(Segment::Ds);
        case 0x64:
            return segment(Segment::Fs);
        case 0x65:
            return segment(Segment::Gs);
        case 0x66:
            return prefixes.has_operand_size = true;
        case 0x67:
            return prefixes.has_address_size = true;
        case 0xf0:
            return prefixes.has_lock = true;
        case 0xf2:
        case 0xf3:
            return prefixes.has_repeat = true;
        default:
            return false;
    }
}

}  // namespace

Result<u8> InstructionBytes::next() {
    if (position_ == bytes_.size()) {
        return base::fail(position_ == max_instruction_bytes ? Error::Refused : Error::BadArgument);
    }
    return bytes_[position_++];
}

Result<u64> InstructionBytes::number(usize count) {
    u64 value = 0;
    for (usize i = 0; i < count; ++i) {
        value |= u64{TRY(next())} << (8 * i);
    }
    return value;
}

Result<u64> InstructionBytes::signed_number(usize count) {
    const u64 value = TRY(number(count));
    const u64 sign = u64{1} << (8 * count - 1);
    return (value ^ sign) - sign;
}

Result<Prefixes> read_prefixes(InstructionBytes& bytes, CodeSize code) {
    Prefixes prefixes;
    for (;;) {
        const u8 byte = TRY(bytes.next());
        if (code == CodeSize::Code64 && (byte & 0xf0) == 0x40) {
            prefixes.rex = Rex::from_raw(byte);
        } else if (note_prefix(prefixes, byte, code)) {
            prefixes.rex = Rex{};
        } else {
            prefixes.opcode = byte;
            return prefixes;
        }
    }
}

u8 address_bytes(const Prefixes& prefixes, CodeSize code) {
    if (code == CodeSize::Code64) {
        return prefixes.has_address_size ? 4 : 8;
    }
    return prefixes.has_address_size == (code == CodeSize::Code16) ? 4 : 2;
}

Result<MemoryOperand> read_memory_operand(InstructionBytes& bytes,
                                          ModRm modrm,
                                          const Prefixes& prefixes,
                                          CodeSize code) {
    const u8 width = address_bytes(prefixes, code);
    MemoryOperand operand =
        TRY(width == 2 ? read_16(bytes, modrm) : read_32(bytes, modrm, prefixes.rex, code));
    operand.address_bytes = width;
    if (prefixes.has_segment) {
        operand.segment = prefixes.segment;
    }
    return operand;
}

}  // namespace hypervisor
