// SPDX-License-Identifier: MIT
#include "policies/store_decoder.h"

#include <algorithm>

namespace policies {

namespace {

constexpr usize instruction_bytes_max = 15;
constexpr u8 rax = 0;
constexpr u8 rcx = 1;
constexpr u8 rsp = 4;
constexpr u8 rbp = 5;
constexpr u8 rsi = 6;
constexpr u8 rdi = 7;
constexpr u8 rex_w = 8;
constexpr u8 rex_r = 4;
constexpr u8 rex_x = 2;
constexpr u8 rex_b = 1;

/// Hands out the instruction's bytes in order.
class Reader {
public:
    explicit Reader(std::span<const u8> bytes)
        : bytes_(bytes.first(std::min(bytes.size(), instruction_bytes_max))) {}

    Result<u8> next() {
        if (position_ == bytes_.size()) {
            return fail(position_ == instruction_bytes_max ? Error::Refused : Error::BadArgument);
        }
        return bytes_[position_++];
    }

    /// Little endian, its sign extended to 64 bits. @param count  1, 2 or 4
    Result<u64> signed_number(usize count) {
        u64 value = 0;
        for (usize i = 0; i < count; ++i) {
            value |= u64{TRY(next())} << (8 * i);
        }
        const u64 sign = u64{1} << (8 * count - 1);
        return (value ^ sign) - sign;
    }

    u8 position() const { return static_cast<u8>(position_); }

private:
    std::span<const u8> bytes_;
    usize position_ = 0;
};

struct Opcode {
    bool has_operand_size = false;  // 66
    bool has_repeat = false;        // F3
    u8 rex = 0;
    u8 byte = 0;

    u8 width() const {
        if (byte % 2 == 0) {
            return 1;
        }
        if ((rex & rex_w) != 0) {
            return 8;
        }
        return has_operand_size ? 2 : 4;
    }
};

/// All prefixes but 66, F3 and REX are taken for an opcode, and so refused. REX counts only
/// directly before the opcode.
Result<Opcode> read_opcode(Reader& reader) {
    Opcode opcode;
    for (;;) {
        const u8 byte = TRY(reader.next());
        if ((byte & 0xf0) == 0x40) {
            opcode.rex = byte;
        } else if (byte == 0x66) {
            opcode.has_operand_size = true;
            opcode.rex = 0;
        } else if (byte == 0xf3) {
            opcode.has_repeat = true;
            opcode.rex = 0;
        } else {
            opcode.byte = byte;
            return opcode;
        }
    }
}

/// A memory operand: everything but the instruction's own address, whose end is not known yet.
struct Operand {
    u64 address = 0;
    bool is_rip_relative = false;
    u8 reg = 0;  // the other operand, with REX.R
};

/// What a SIB byte adds to the address, and the number of its base register without REX.B.
struct Sib {
    u64 index = 0;
    u8 base = 0;
};

Sib read_sib(u8 sib, u8 rex, const GeneralRegisters& registers) {
    const u8 number = static_cast<u8>((rex & rex_x) * 4 + (sib >> 3 & 7));
    return {.index = number == rsp ? 0 : registers[number] << (sib >> 6),
            .base = static_cast<u8>(sib & 7)};
}

/// What `mod` says, and without a base register 32 bits.
Result<u64> read_displacement(Reader& reader, u8 mod, bool has_base) {
    if (!has_base || mod == 2) {
        return reader.signed_number(4);
    }
    return mod == 1 ? reader.signed_number(1) : Result<u64>{0};
}

Result<Operand> read_operand(Reader& reader, u8 rex, const GeneralRegisters& registers) {
    const u8 modrm = TRY(reader.next());
    const u8 mod = modrm >> 6;
    if (mod == 3) {
        return fail(Error::Refused);
    }
    Sib sib{.base = static_cast<u8>(modrm & 7)};
    const bool has_sib = sib.base == rsp;
    if (has_sib) {
        sib = read_sib(TRY(reader.next()), rex, registers);
    }
    const bool has_base = sib.base != rbp || mod != 0;
    const u64 base = has_base ? registers[(rex & rex_b) * 8 + sib.base] : 0;
    const u64 displacement = TRY(read_displacement(reader, mod, has_base));
    return Operand{.address = base + sib.index + displacement,
                   .is_rip_relative = !has_base && !has_sib,
                   .reg = static_cast<u8>((rex & rex_r) * 2 + (modrm >> 3 & 7))};
}

/// MOV r/m, r and MOV r/m, imm.
Result<DecodedStore> decode_mov(Reader& reader,
                                const Opcode& opcode,
                                const GeneralRegisters& registers,
                                u64 rip) {
    const u8 width = opcode.width();
    const bool has_immediate = opcode.byte >= 0xc6;
    const Operand operand = TRY(read_operand(reader, opcode.rex, registers));
    u64 value = 0;
    if (has_immediate) {
        if ((operand.reg & 7) != 0) {  // REX.R has no meaning here
            return fail(Error::Refused);
        }
        value = TRY(reader.signed_number(std::min<usize>(width, 4)));
    } else {
        if (width == 1 && opcode.rex == 0 && operand.reg >= rsp) {  // AH to BH
            return fail(Error::Refused);
        }
        value = registers[operand.reg];
    }
    const u64 next_rip = rip + reader.position();
    const Gva address{operand.is_rip_relative ? operand.address + next_rip : operand.address};
    return DecodedStore{.length = reader.position(),
                        .width = width,
                        .address = address,
                        .value = value,
                        .from = {}};
}

DecodedStore decode_string(const Reader& reader,
                           const Opcode& opcode,
                           const GeneralRegisters& registers) {
    const bool is_copy = opcode.byte <= 0xa5;
    DecodedStore store{.length = reader.position(),
                       .width = opcode.width(),
                       .is_string = true,
                       .is_repeated = opcode.has_repeat,
                       .count = opcode.has_repeat ? registers[rcx] : 1,
                       .address = Gva{registers[rdi]},
                       .from = {}};
    if (is_copy) {
        store.source = DecodedStore::Source::Memory;
        store.from = Gva{registers[rsi]};
    } else {
        store.value = registers[rax];
    }
    return store;
}

}  // namespace

Result<DecodedStore> decode_store(std::span<const u8> bytes,
                                  const GeneralRegisters& registers,
                                  u64 rip,
                                  bool is_downwards) {
    Reader reader{bytes};
    const Opcode opcode = TRY(read_opcode(reader));
    switch (opcode.byte) {
        case 0x88:
        case 0x89:
        case 0xc6:
        case 0xc7:
            if (opcode.has_repeat) {  // XRELEASE
                return fail(Error::Refused);
            }
            return decode_mov(reader, opcode, registers, rip);
        case 0xa4:
        case 0xa5:
        case 0xaa:
        case 0xab:
            if (is_downwards) {
                return fail(Error::Refused);
            }
            return decode_string(reader, opcode, registers);
        default:
            return fail(Error::Refused);
    }
}

void advance_registers(GeneralRegisters& registers, const DecodedStore& store, u64 count) {
    if (!store.is_string) {
        return;
    }
    registers[rdi] += count * store.width;
    if (store.source == DecodedStore::Source::Memory) {
        registers[rsi] += count * store.width;
    }
    if (store.is_repeated) {
        registers[rcx] -= count;
    }
}

}  // namespace policies
