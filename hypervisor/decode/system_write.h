// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "hypervisor/decode/instruction.h"

namespace hypervisor {

/// An instruction that writes a register which VTL1 may watch.
struct SystemWrite {
    enum class Kind : u8 { MovToControl, Clts, Lmsw, Lgdt, Lidt, Lldt, Ltr, Xsetbv, Wrmsr };

    Kind kind = Kind::Clts;
    u8 length = 0;            // bytes; 2..15
    u8 control_register = 0;  // of MovToControl: 0..15
    u8 source = 0;            // general register, if no memory: 0..15 as encoded
    std::optional<MemoryOperand> memory =
        std::nullopt;  // of Lmsw, Lldt, Ltr, perhaps; of Lgdt and Lidt, always

    friend constexpr bool operator==(const SystemWrite&, const SystemWrite&) = default;
};

/// @param bytes  from the instruction pointer on; those past the 15th are not looked at
/// @return Error::BadArgument if the instruction does not end within `bytes`, Error::Refused if it
///         is another one, has a LOCK prefix, or is longer than 15 bytes.
/// @source AMD APM vol. 3, "MOV CRn", "CLTS", "LMSW", "LGDT", "LIDT", "LLDT", "LTR", "XSETBV",
///         "WRMSR"; the prefixes 66, F2 and F3 change none of them, or are #UD before the exit
base::Result<SystemWrite> decode_system_write(std::span<const u8> bytes, CodeSize code);

}  // namespace hypervisor
