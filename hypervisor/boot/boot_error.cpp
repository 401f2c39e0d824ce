// SPDX-License-Identifier: MIT
#include "hypervisor/boot/boot_error.h"

#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

// 16550 at COM1: transmit register, and line status with "transmitter empty" in bit 5.
constexpr u16 serial_port = 0x3f8;
constexpr u16 serial_status_port = serial_port + 5;

void put_serial(std::string_view text) {
    for (const char c : text) {
        for (int tries = 0; tries < 100'000 && (in8(serial_status_port) & 0x20) == 0; ++tries) {
        }
        out8(serial_port, static_cast<u8>(c));
    }
}

}  // namespace

void fail_boot(std::string_view why) {
    put_serial("redoubt-hv: ");
    put_serial(why);
    put_serial("\r\n");
    reset_machine(why);
}

}  // namespace hypervisor
