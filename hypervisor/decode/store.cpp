// SPDX-License-Identifier: MIT
#include "hypervisor/decode/store.h"

#include <algorithm>

#include "base/register.h"

namespace hypervisor {

namespace {

using base::Error;
using base::Result;
using Kind = MemoryAccess::Kind;

/// AMD APM vol. 3, 1.2.7 "REX Prefix"
struct Rex : base::Register<Rex> {
    static constexpr Field<bool, 3> w{};
    static constexpr Field<u8, 2> r{};
};

/// AMD APM vol. 3, 1.4.1 "ModRM Byte Format"
struct ModRm : base::Register<ModRm> {
    static constexpr Field<u8, 7, 6> mod{};
    static constexpr Field<u8, 5, 3> reg{};
    static constexpr Field<u8, 2, 0> rm{};
};

/// Hands out the instruction's bytes in order.
class Bytes {
public:
    explicit Bytes(std::span<const u8> bytes)
        : bytes_(bytes.first(std::min(bytes.size(), max_instruction_bytes))) {}

    Result<u8> next() {
        if (position_ == bytes_.size()) {
            return base::fail(position_ == max_instruction_bytes ? Error::Refused
                                                                 : Error::BadArgument);
        }
        return bytes_[position_++];
    }

    /// A little-endian number of `count` bytes.
    Result<u64> number(usize count) {
        u64 value = 0;
        for (usize i = 0; i < count; ++i) {
            value |= u64{TRY(next())} << (8 * i);
        }
        return value;
    }

    u8 position() const { return static_cast<u8>(position_); }

private:
    std::span<const u8> bytes_;
    usize position_ = 0;
};

struct Prefixes {
    bool has_operand_size = false;  // 66
    bool has_address_size = false;  // 67
    bool has_lock = false;          // F0
    Rex rex;
    u8 opcode = 0;  // the first byte that is no prefix
};

struct Sizes {
    u8 operand_bytes = 0;
    u8 address_bytes = 0;
};

struct Form {
    Kind kind = Kind::Load;
    bool has_immediate = false;
    bool has_absolute_address = false;  // instead of a ModRM byte; the register is rAX
    bool is_byte = false;
};

/// Only XCHG may be locked, of these.
Result<Form> form_of(const Prefixes& prefixes) {
    if (prefixes.has_lock && prefixes.opcode != 0x87) {
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

/// A REX prefix counts only directly before the opcode.
Result<Prefixes> read_prefixes(Bytes& bytes, CodeSize code) {
    Prefixes prefixes;
    for (;;) {
        const u8 byte = TRY(bytes.next());
        if (code == CodeSize::Code64 && (byte & 0xf0) == 0x40) {
            prefixes.rex = Rex::from_raw(byte);
            continue;
        }
        switch (byte) {
            case 0x26:
            case 0x2e:
            case 0x36:
            case 0x3e:
            case 0x64:
            case 0x65:
                break;  // segments change the address only
            case 0x66:
                prefixes.has_operand_size = true;
                break;
            case 0x67:
                prefixes.has_address_size = true;
                break;
            case 0xf0:
                prefixes.has_lock = true;
                break;
            default:
                prefixes.opcode = byte;
                return prefixes;
        }
        prefixes.rex = Rex{};
    }
}

/// AMD APM vol. 3, tables 1-2 and 1-3
Sizes sizes_of(const Prefixes& prefixes, CodeSize code) {
    const bool is_16 = code == CodeSize::Code16;
    Sizes sizes{
        .operand_bytes = prefixes.has_operand_size == is_16 ? u8{4} : u8{2},
        .address_bytes = prefixes.has_address_size == is_16 ? u8{4} : u8{2},
    };
    if (code == CodeSize::Code64) {
        sizes.address_bytes = prefixes.has_address_size ? 4 : 8;
        sizes.operand_bytes = prefixes.rex.get(Rex::w) ? 8 : sizes.operand_bytes;
    }
    return sizes;
}

/// Passes over SIB byte and displacement of a 32-bit or 64-bit addressing form. RIP-relative is
/// the form that is an absolute address in 32-bit code, and as long.
Result<void> skip_address(Bytes& bytes, ModRm modrm) {
    constexpr u8 register_form = 3;
    constexpr u8 sib_follows = 4;  // rm
    constexpr u8 no_base = 5;      // rm or SIB base, with mod 0
    const u8 mod = modrm.get(ModRm::mod);
    if (mod == register_form) {
        return base::fail(Error::Refused);
    }
    u8 base_register = modrm.get(ModRm::rm);
    if (base_register == sib_follows) {
        const u8 sib = TRY(bytes.next());
        base_register = sib & 7;
    }
    usize displacement_bytes = mod == 1 ? 1 : 0;
    if (mod == 2 || (mod == 0 && base_register == no_base)) {
        displacement_bytes = 4;
    }
    TRY(bytes.number(displacement_bytes));
    return {};
}

/// As wide as the operand, and 32 bits at most; with an 8-byte operand the sign fills the rest.
Result<u64> read_immediate(Bytes& bytes, u8 operand_bytes) {
    const u64 low = TRY(bytes.number(std::min<usize>(operand_bytes, 4)));
    const bool is_negative = (low >> 31) != 0;
    return operand_bytes == 8 && is_negative ? low | ~u64{0} << 32 : low;
}

Result<void> decode_modrm_form(Bytes& bytes, const Prefixes& prefixes, MemoryAccess& access) {
    const auto modrm = ModRm::from_raw(TRY(bytes.next()));
    const u8 reg = modrm.get(ModRm::reg);
    if (access.has_immediate && reg != 0) {
        return base::fail(Error::Refused);
    }
    TRY(skip_address(bytes, modrm));
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
    Bytes instruction{bytes};
    const auto prefixes = TRY(read_prefixes(instruction, code));
    const Sizes sizes = sizes_of(prefixes, code);
    const auto form = TRY(form_of(prefixes));
    if (sizes.address_bytes == 2) {
        return base::fail(Error::Refused);
    }
    MemoryAccess access{.kind = form.kind,
                        .operand_bytes = form.is_byte ? u8{1} : sizes.operand_bytes,
                        .has_immediate = form.has_immediate};
    if (form.has_absolute_address) {
        TRY(instruction.number(sizes.address_bytes));
    } else {
        TRY(decode_modrm_form(instruction, prefixes, access));
    }
    access.length = instruction.position();
    return access;
}

}  // namespace hypervisor
