// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "base/types.h"
#include "hypervisor/platform/console.h"

namespace hypervisor {

using base::u16;
using base::u64;
using base::u8;

/// What happens when VTL0 uses a port that the I/O map intercepts.
enum class PortRule : u8 {
    Closed,           // writes vanish, reads give ones
    A20Gate,          // port 0x92: A20 stays on; it would be applied behind the nested walk
    KeyboardCommand,  // port 0x64: as above, for the commands that reach the A20 line
    PowerControl,     // PM1a_CNT: no suspend to RAM, which would resume without the hypervisor
};

struct GuardedPort {
    u16 port;
    PortRule rule;
};

/// Where QEMU's q35 firmware puts PM1a_CNT (PMBASE 0x600 + 4). @source Intel ICH9, 13.8.3.3
inline constexpr u16 power_control_port = 0x604;

inline constexpr std::array guarded_ports{
    GuardedPort{0x64, PortRule::KeyboardCommand},
    GuardedPort{0x7e,
                PortRule::Closed},  // QEMU's kvmvapic writes to addresses of the guest's choice
    GuardedPort{0x7f, PortRule::Closed},
    GuardedPort{0x92, PortRule::A20Gate},
    GuardedPort{console::debug_port, PortRule::Closed},
    GuardedPort{power_control_port, PortRule::PowerControl},
    GuardedPort{power_control_port + 1, PortRule::PowerControl},
};

/// The value that may be written instead, or nothing if the write is dropped.
/// @param value  one byte, or one or two bytes of PM1a_CNT from `port` on
constexpr std::optional<u16> harmless_write(PortRule rule, u16 port, u16 value) {
    switch (rule) {
        case PortRule::Closed:
            return std::nullopt;
        case PortRule::A20Gate:
            return static_cast<u16>(value | 2);  // bit 1: A20 on
        case PortRule::KeyboardCommand: {
            // 0xd1: write the output port, 0xdd and 0xdf: A20 off and on (i8042 data sheet)
            const bool reaches_a20 = value == 0xd1 || value == 0xdd || value == 0xdf;
            return reaches_a20 ? std::nullopt : std::optional{value};
        }
        case PortRule::PowerControl: {
            // SLP_EN bit 13, SLP_TYP bits 12:10; QEMU's S3 is type 1 (ACPI 6.5, 4.8.3.2.1)
            const auto bits = static_cast<u16>(port == power_control_port ? value : value << 8);
            const bool suspends = (bits >> 13 & 1) != 0 && (bits >> 10 & 7) == 1;
            return suspends ? std::nullopt : std::optional{value};
        }
    }
    return std::nullopt;
}

static_assert(harmless_write(PortRule::A20Gate, 0x92, 0) == 2);
static_assert(!harmless_write(PortRule::KeyboardCommand, 0x64, 0xd1));
static_assert(harmless_write(PortRule::KeyboardCommand, 0x64, 0xfe) == 0xfe);
static_assert(!harmless_write(PortRule::PowerControl, 0x604, 0x2400));
static_assert(!harmless_write(PortRule::PowerControl, 0x605, 0x24));
static_assert(harmless_write(PortRule::PowerControl, 0x604, 0x2000) == 0x2000, "power off stays");

}  // namespace hypervisor
