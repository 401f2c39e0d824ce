// SPDX-License-Identifier: MIT
#include "vtl1/arch/stack_protector.h"

#include "vtl1/sections.h"

// SAFETY: the compiler chose the name.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming): see above
RO_AFTER_BOOT_ZEROED constinit base::u64 __stack_chk_guard = 0;
