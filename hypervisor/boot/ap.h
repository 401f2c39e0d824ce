// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace hypervisor {

/// Where the trampoline lies and what a start-up IPI names; hidden from VTL0, which finds it
/// reserved in its memory map. Known to trampoline.S.
inline constexpr base::u64 trampoline_page = 0x8000;

/// Brings a CPU that has never run into the hypervisor by INIT and start-up IPI; it then enters its
/// guest at the real-mode address of `vector`. Waits for it up to two seconds.
/// @param apic_id  of one CPU: neither a broadcast nor an alias in the other APIC mode
/// @return false if no CPU came up, or it runs already; nothing has changed then.
/// @locks LockRank::VpStart
bool start_physical_cpu(base::u32 apic_id, base::u8 vector);

/// Copies the trampoline to its page. @context boot only
void install_trampoline();

}  // namespace hypervisor
