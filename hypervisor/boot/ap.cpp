// SPDX-License-Identifier: MIT
#include "hypervisor/boot/ap.h"

#include <array>
#include <cstring>

#include "base/lock.h"
#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/boot/host_state.h"
#include "hypervisor/host_cpu.h"
#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/instructions.h"
#include "hypervisor/svm/vmcb_state.h"

namespace hypervisor {

extern "C" {
extern const u8 trampoline_begin[];
extern const u8 trampoline_end[];
extern u64 ap_boot_stack;
}

namespace {

struct alignas(host_stack_bytes) HostStack {
    std::array<u8, host_stack_bytes> bytes;
};

constinit std::array<HostStack, max_vps> stacks{};

/// What the CPU that is being started is told, and its answer.
struct Mailbox {
    std::atomic<bool> expected;  // a CPU may take the stack
    std::atomic<bool> arrived;
};

constinit Mailbox mailbox{};

constexpr u64 start_timeout_seconds = 2;

bool wait_for_arrival() {
    const u64 begin = read_tsc();
    while (!mailbox.arrived.load()) {
        if (read_tsc() - begin > start_timeout_seconds * clock::tsc_frequency()) {
            return false;
        }
        base::cpu_relax();
    }
    return true;
}

}  // namespace

bool start_physical_cpu(u32 apic_id) {
    const usize slot = vps().size();
    ap_boot_stack = std::bit_cast<u64>(&stacks[slot]) + host_stack_bytes;
    mailbox.arrived.store(false);
    mailbox.expected.store(true);
    local_apic::send_init(apic_id);
    local_apic::send_startup(apic_id, static_cast<u8>(trampoline_page >> base::page_shift));
    if (wait_for_arrival()) {
        return true;
    }
    // Whoever takes `expected` decides: a CPU that comes this late finds it taken and stops.
    if (!mailbox.expected.exchange(false)) {
        while (!mailbox.arrived.load()) {
            base::cpu_relax();
        }
        return true;
    }
    return false;
}

void install_trampoline() {
    // SAFETY: low RAM that the memory map reserves for it; nobody runs there yet.
    std::memcpy(reinterpret_cast<void*>(trampoline_page), &trampoline_begin[0],
                static_cast<usize>(&trampoline_end[0] - &trampoline_begin[0]));
}

extern "C" [[noreturn]] void hypervisor_ap_main() {
    if (!mailbox.expected.exchange(false)) {
        for (;;) {
            halt();
        }
    }
    load_host_tables();
    Vp* const vp = next_vp();
    if (vp == nullptr) {
        reset_machine("more CPUs than VPs");
    }
    enable_svm(*vp);
    initialise_vmcbs(*vp);
    suspend_at_boot(*vp);
    publish_vp(*vp, local_apic::id());  // from here on it can be kicked, with GIF clear
    mailbox.arrived.store(true);
    run_vp(*vp);
}

}  // namespace hypervisor
