// SPDX-License-Identifier: MIT
#include "hypervisor/platform/reset.h"

#include "base/lock.h"
#include "base/panic.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/host_cpu.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/guarded_port.h"
#include "hypervisor/platform/wipe.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vp.h"

namespace hypervisor {

namespace {

constinit std::atomic<bool> is_ending{false};

/// Waits until the other CPUs are out of their guests. One that was taken from the hypervisor waits
/// for a start-up IPI and runs nothing; so this gives up after a second.
void stop_other_cpus() {
    const u32 self = local_apic::id();
    const u64 begin = read_tsc();
    for (Vp& vp : vps()) {
        if (vp.apic_id == self || vp.in_guest.load() == Running::Host) {
            continue;
        }
        local_apic::send_nmi(vp.apic_id);
        while (vp.in_guest.load() != Running::Host && read_tsc() - begin < clock::tsc_frequency()) {
            base::cpu_relax();
        }
    }
}

void begin_end(std::string_view why) {
    // Pairs with is_machine_ending(): a CPU that enters its guest sees this, or is seen there.
    if (is_ending.exchange(true)) {
        park_cpu();
    }
    host_cpu().held_ranks = 0;
    console::take_over();
    console::Line{} << why;
    stop_other_cpus();
    wipe_secrets();
}

}  // namespace

void reset_machine(std::string_view why) {
    begin_end(why);
    console::write_line("reset");
    out8(reset_control_port, 0x02);  // Intel ICH9, 13.7.5: bit 1 system reset, bit 2 start it
    out8(reset_control_port, 0x06);
    park_cpu();
}

void power_off_machine() {
    begin_end("power off");
    out16(power_control_port, power_off_bits);
    park_cpu();
}

bool is_machine_ending() {
    return is_ending.load();
}

void park_cpu() {
    for (;;) {
        halt();
    }
}

extern "C" [[noreturn]] void hypervisor_exception(u64 vector, u64 error_code, u64 rip, u64 cr2) {
    console::take_over();
    console::Line{} << "exception " << vector << " error " << base::Hex{error_code} << " rip "
                    << base::Hex{rip} << " cr2 " << base::Hex{cr2};
    reset_machine("exception in the hypervisor");
}

}  // namespace hypervisor

namespace base {

void panic(const char* why) {
    hypervisor::reset_machine(why);
}

}  // namespace base
