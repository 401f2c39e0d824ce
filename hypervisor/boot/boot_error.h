// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hypervisor {

/// Ends a boot that cannot go on: says why on the debug console and, since VTL0 does not run yet,
/// on the first serial port too, where people look first. Then resets the machine.
[[noreturn]] void fail_boot(std::string_view why);

}  // namespace hypervisor
