// SPDX-License-Identifier: MIT
#pragma once

namespace base {

/// Stops the image that calls it: a broken invariant of our own, never a value from VTL0.
/// Each image defines it (hypervisor, VTL1, host tests) and says where the message goes.
[[noreturn]] void panic(const char* why);

}  // namespace base
