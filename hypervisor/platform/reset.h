// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hypervisor {

/// Resets the machine after saying why on the console. Memory is not wiped yet (README, limits).
[[noreturn]] void reset_machine(std::string_view why);

}  // namespace hypervisor
