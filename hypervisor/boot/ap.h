// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"

namespace hypervisor {

/// Where the trampoline lies and what a start-up IPI names; hidden from VTL0, which finds it
/// reserved in its memory map. Known to trampoline.S.
inline constexpr base::u64 trampoline_page = 0x8000;

/// Brings a CPU that has never run into the hypervisor by INIT and start-up IPI, where it becomes
/// the next VP and waits to be started. Waits for it up to two seconds.
/// @return false if no CPU came up; nothing has changed then.
/// @context boot only
bool start_physical_cpu(base::u32 apic_id);

/// Copies the trampoline to its page. @context boot only
void install_trampoline();

}  // namespace hypervisor
