// SPDX-License-Identifier: MIT
#include "hypervisor/boot/init_guard.h"

#include <cstring>

#include "hypervisor/boot/ap.h"
#include "hypervisor/boot/host_state.h"
#include "hypervisor/platform/cmos.h"
#include "hypervisor/platform/door.h"
#include "hypervisor/platform/reset.h"

namespace hypervisor {

extern "C" {
extern const u8 trampoline_begin[];
extern const u8 init_entry[];
}

namespace {

constexpr u64 warm_reset_vector = 0x467;  // offset, segment
constexpr u8 jump_through_vector = 0x0a;

struct FarPointer {
    u16 offset;
    u16 segment;
};

}  // namespace

void arm_init_guard() {
    if (is_open(Door::Init)) {
        return;
    }
    const FarPointer target{static_cast<u16>(&init_entry[0] - &trampoline_begin[0]),
                            static_cast<u16>(trampoline_page >> 4)};
    // SAFETY: the real page 0, which nobody but the firmware sees.
    std::memcpy(reinterpret_cast<void*>(warm_reset_vector), &target, sizeof(target));
    cmos::write(cmos::shutdown_status, jump_through_vector);
}

extern "C" [[noreturn]] void hypervisor_init_arrived() {
    load_host_tables();
    reset_machine("an INIT took the boot CPU");
}

}  // namespace hypervisor
