// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "hypervisor/decode/instruction.h"

namespace hypervisor {

/// One MOV or XCHG between memory and a general register, or an immediate into memory.
struct MemoryAccess {
    enum class Kind : u8 { Load, Store, Exchange };

    Kind kind = Kind::Load;
    u8 length = 0;               // of the instruction, bytes; 2..15
    u8 operand_bytes = 0;        // 1, 2, 4, 8; a 4-byte load clears the register's upper half
    bool has_immediate = false;  // a Store of `immediate`, not of a register
    u8 register_number = 0;      // 0..15 as encoded: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15
    u64 immediate = 0;           // sign-extended if 8 bytes wide, else as wide as the operand

    friend constexpr bool operator==(const MemoryAccess&, const MemoryAccess&) = default;
};

/// Decodes the accesses that kernels make to pages of devices: `88 /r`, `89 /r`, `8B /r`, `87 /r`,
/// `C6 /0`, `C7 /0`, `A1`, `A3`, with any addressing form but the 16-bit one. The address itself is
/// not computed: a nested page fault reports it.
///
/// @param bytes  from the instruction pointer on; those past the 15th are not looked at
/// @return Error::BadArgument if the instruction does not end within `bytes`, Error::Refused if it
///         is another one, without a memory operand, names AH, CH, DH or BH, or is longer than 15
///         bytes.
/// @source AMD APM vol. 3, 1.2 "Instruction Prefixes", 1.4 "ModRM and SIB Bytes", "MOV", "XCHG"
base::Result<MemoryAccess> decode_memory_access(std::span<const u8> bytes, CodeSize code);

}  // namespace hypervisor
