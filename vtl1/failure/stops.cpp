// SPDX-License-Identifier: MIT
// What ends VTL1's service without an exception of the CPU's own: each becomes one, so that
// registers and backtrace are at hand.
#include "base/lock.h"
#include "base/panic.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/failure/failure.h"
#include "vtl1/failure/service.h"
#include "vtl1/lock.h"

namespace base {

void panic(const char* why) {
    vtl1::this_cpu().panic_reason = why;
    __builtin_trap();
}

void enter_rank(u8 rank) {
    vtl1::Cpu& cpu = vtl1::this_cpu();
    if (cpu.held_ranks >> rank != 0) {
        panic("lock order violated");
    }
    cpu.held_ranks |= u32{1} << rank;
}

void leave_rank(u8 rank) {
    vtl1::this_cpu().held_ranks &= ~(u32{1} << rank);
}

}  // namespace base

namespace vtl1 {

void stop_waiting_if_out_of_service() {
    if (is_out_of_service()) {
        leave_to_vtl0(this_cpu());
    }
}

}  // namespace vtl1

// SAFETY: the compiler chose the name.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming): see above
extern "C" [[noreturn]] void __stack_chk_fail();

void __stack_chk_fail() {
    base::panic("stack smashed");
}
