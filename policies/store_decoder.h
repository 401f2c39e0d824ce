// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>

#include "policies/types.h"

namespace policies {

/// As instructions number them: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15.
using GeneralRegisters = std::array<u64, 16>;

/// One instruction that writes memory and no flag, in 64-bit code.
struct DecodedStore {
    enum class Source : u8 { Value, Memory };

    u8 length = 0;             // of the instruction, bytes; 2..15, or 1 for a string instruction
    u8 width = 0;              // bytes of one element: 1, 2, 4, 8
    bool is_string = false;    // MOVS or STOS: RDI moves on, and RSI if memory is the source
    bool is_repeated = false;  // RCX counts down
    Source source = Source::Value;
    u64 count = 1;  // elements, upwards from `address`
    Gva address;    // of the first byte written
    u64 value = 0;  // each element's, if it is the source; `width` bytes of it count
    Gva from;       // of the first byte read, if memory is the source

    friend constexpr bool operator==(const DecodedStore&, const DecodedStore&) = default;
};

/// What Linux's memcpy and memset store with: MOV to memory from a general register or an immediate
/// (88, 89, C6, C7), MOVS and STOS (A4, A5, AA, AB) with and without REP. Everything else is
/// refused: segments, 32-bit addresses, LOCK, AH to BH, vectors, and strings that run downwards.
///
/// @param bytes      from the instruction pointer on; those past the 15th are not looked at
/// @param registers  as they are before the instruction
/// @param rip        of the instruction
/// @param is_downwards  RFLAGS.DF
/// @return Error::BadArgument if the instruction does not end within `bytes`; Error::Refused
/// @source AMD APM vol. 3, 1.2 "Instruction Prefixes", 1.4 "ModRM and SIB Bytes", "MOV", "MOVS",
///         "STOS", "REP"
Result<DecodedStore> decode_store(std::span<const u8> bytes,
                                  const GeneralRegisters& registers,
                                  u64 rip,
                                  bool is_downwards);

/// Registers after some elements of a store have been written. Those of MOV stay as they are.
/// @param count  at most store.count
void advance_registers(GeneralRegisters& registers, const DecodedStore& store, u64 count);

}  // namespace policies
