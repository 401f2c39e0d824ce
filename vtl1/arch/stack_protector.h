// SPDX-License-Identifier: MIT
#pragma once

#include "vtl1/types.h"

// What functions compare their frame's canary with.
// SAFETY: the compiler chose the name.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming): see above
extern "C" base::u64 __stack_chk_guard;

namespace vtl1 {

/// Sets the canary of all stacks. No protected function may be running.
/// The lowest byte becomes 0, so that an overrun string cannot carry it over.
/// @context  boot only
[[gnu::always_inline]] inline void set_canary(u64 random) {
    __stack_chk_guard = random & ~u64{0xff};
}

}  // namespace vtl1
