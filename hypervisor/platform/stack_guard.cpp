// SPDX-License-Identifier: MIT
#include "base/panic.h"
#include "base/types.h"

// What -fstack-protector-strong with -mstack-protector-guard=global asks for.
extern "C" {

// A fixed value catches overruns by mistake. No guest can read the hypervisor's memory, and none of
// its input is copied into a stack buffer without a length check.
constinit base::u64 __stack_chk_guard =
    0x5bd1'e995'c0de'000a;  // NOLINT(bugprone-reserved-identifier): the compiler's name

[[noreturn]] void __stack_chk_fail() {  // NOLINT(bugprone-reserved-identifier): the compiler's name
    base::panic("stack overrun");
}
}
