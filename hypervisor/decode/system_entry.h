// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "base/result.h"
#include "base/types.h"
#include "hypervisor/decode/store.h"

namespace hypervisor {

/// An instruction that leaves CPL 3 by intent.
struct SystemEntry {
    enum class Kind : u8 { Syscall, SoftwareInterrupt, Icebp };

    Kind kind = Kind::Syscall;
    u8 length = 0;  // bytes, prefixes included; 1..15
    u8 vector = 0;  // of a SoftwareInterrupt: INT n, INT3 (3), INTO (4)

    friend constexpr bool operator==(const SystemEntry&, const SystemEntry&) = default;
};

/// Decodes SYSCALL, INT n, INT3, INTO and INT1.
/// @param bytes  from the instruction pointer on
/// @return Error::BadArgument if the instruction does not end within `bytes`, Error::Refused if it
///         is another one.
/// @source AMD APM vol. 3, 1.2 and the pages of these instructions
base::Result<SystemEntry> decode_system_entry(std::span<const u8> bytes, CodeSize code);

}  // namespace hypervisor
