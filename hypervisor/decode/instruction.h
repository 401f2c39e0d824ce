// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include "base/register.h"
#include "base/result.h"
#include "base/types.h"

namespace hypervisor {

using base::u64;
using base::u8;
using base::usize;

/// The default operand and address size of the code: CS.L and CS.D of the guest.
enum class CodeSize : u8 { Code16, Code32, Code64 };

inline constexpr usize max_instruction_bytes = 15;

/// Hands out the instruction's bytes in order; those past the 15th are not looked at.
/// next() and number() fail with Error::BadArgument at the end of what was given, with
/// Error::Refused after 15 bytes.
class InstructionBytes {
public:
    explicit InstructionBytes(std::span<const u8> bytes)
        : bytes_(bytes.first(std::min(bytes.size(), max_instruction_bytes))) {}

    base::Result<u8> next();

    /// A little-endian number of `count` bytes, 0 to 8.
    base::Result<u64> number(usize count);

    /// The same with its sign extended to 64 bits; 1 to 8 bytes.
    base::Result<u64> signed_number(usize count);

    u8 position() const { return static_cast<u8>(position_); }

private:
    std::span<const u8> bytes_;
    usize position_ = 0;
};

/// AMD APM vol. 3, 1.2.7 "REX Prefix"
struct Rex : base::Register<Rex> {
    static constexpr Field<bool, 3> w{};
    static constexpr Field<u8, 2> r{};
    static constexpr Field<u8, 1> x{};
    static constexpr Field<u8, 0> b{};
};

/// AMD APM vol. 3, 1.4.1 "ModRM Byte Format"
struct ModRm : base::Register<ModRm> {
    static constexpr Field<u8, 7, 6> mod{};
    static constexpr Field<u8, 5, 3> reg{};
    static constexpr Field<u8, 2, 0> rm{};

    bool has_memory_operand() const { return get(mod) != 3; }
};

/// In the order in which instructions number them.
enum class Segment : u8 { Es, Cs, Ss, Ds, Fs, Gs };

/// What stands before an instruction's opcode, and the opcode's first byte.
struct Prefixes {
    bool has_operand_size = false;  // 66
    bool has_address_size = false;  // 67
    bool has_lock = false;          // F0
    bool has_repeat = false;        // F2 or F3
    bool has_segment = false;
    Segment segment = Segment::Ds;
    Rex rex;
    u8 opcode = 0;
};

/// A REX prefix counts only directly before the opcode. In 64-bit code the segment prefixes but FS
/// and GS mean nothing. @source AMD APM vol. 3, 1.2 "Instruction Prefixes"
base::Result<Prefixes> read_prefixes(InstructionBytes& bytes, CodeSize code);

/// 2, 4 or 8 bytes. @source AMD APM vol. 3, table 1-3
u8 address_bytes(const Prefixes& prefixes, CodeSize code);

/// The address of an operand in memory, as the instruction spells it:
/// segment:(displacement + base + (index << scale) + instruction pointer).
struct MemoryOperand {
    static constexpr u8 no_register = 0xff;

    u64 displacement = 0;  // sign-extended
    u8 base = no_register;
    u8 index = no_register;
    u8 scale = 0;                  // of the index, a shift
    bool is_rip_relative = false;  // to the next instruction
    Segment segment = Segment::Ds;
    u8 address_bytes = 8;

    friend constexpr bool operator==(const MemoryOperand&, const MemoryOperand&) = default;
};

/// Reads SIB byte and displacement. @param modrm  has a memory operand
/// @source AMD APM vol. 3, 1.4 "ModRM and SIB Bytes", tables A-33 (16-bit) and A-35
base::Result<MemoryOperand> read_memory_operand(InstructionBytes& bytes,
                                                ModRm modrm,
                                                const Prefixes& prefixes,
                                                CodeSize code);

}  // namespace hypervisor
