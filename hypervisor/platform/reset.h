// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hypervisor {

/// The two ways in which the machine ends, whoever asks. Says why on the console, stops the other
/// CPUs, wipes secrets (platform/wipe.h). Whoever comes second waits for the end.
[[noreturn]] void reset_machine(std::string_view why);
[[noreturn]] void power_off_machine();

/// Whether some CPU has begun to end the machine. Asked between note_entry() and VMRUN: no guest
/// runs any more; the CPU parks.
bool is_machine_ending();
[[noreturn]] void park_cpu();

}  // namespace hypervisor
