// SPDX-License-Identifier: MIT
#include "hypervisor/platform/reset.h"

#include "base/lock.h"
#include "base/panic.h"
#include "hypervisor/host_cpu.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

// Reset control register: bit 1 system reset, bit 2 start it. @source Intel ICH9, 13.7.5 RST_CNT
constexpr u16 reset_control_port = 0xcf9;

}  // namespace

void reset_machine(std::string_view why) {
    console::Line{} << "reset: " << why;
    out8(reset_control_port, 0x02);
    out8(reset_control_port, 0x06);
    for (;;) {
        base::cpu_relax();
    }
}

extern "C" [[noreturn]] void hypervisor_exception(u64 vector, u64 error_code, u64 rip, u64 cr2) {
    host_cpu().held_ranks = 0;  // the console may be ours already; a mixed line beats none
    console::Line{} << "exception " << vector << " error " << base::Hex{error_code} << " rip "
                    << base::Hex{rip} << " cr2 " << base::Hex{cr2};
    reset_machine("exception in the hypervisor");
}

}  // namespace hypervisor

namespace base {

void panic(const char* why) {
    hypervisor::host_cpu().held_ranks = 0;
    hypervisor::reset_machine(why);
}

}  // namespace base
