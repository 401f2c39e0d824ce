// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "base/types.h"

namespace hypervisor {

using base::u16;
using base::u32;
using base::u64;
using base::u8;

/// What a port of the list is for VTL0. A port that no range names is closed: reads give ones,
/// writes vanish.
enum class PortRule : u8 {
    Open,             // the machine's own; accesses do not exit
    KeyboardCommand,  // 0x64: no A20 line, which acts behind the nested walk; reset is ours
    A20Gate,          // 0x92: likewise
    CmosIndex,        // 0x70, 0x71: clock and memory, without the bytes that the hypervisor holds
    CmosData,
    PowerControl,  // PM1a_CNT: power off after a wipe; no sleep, which ends without the hypervisor
    CpuHotplug,    // no eject: the hypervisor's CPUs stay
    PciAddress,    // 0xcf8: only the 32-bit register
    ResetControl,  // 0xcf9: reset after a wipe
    PciData,       // 0xcfc-0xcff: platform/pci_config.h
};

struct PortRange {
    u16 first;
    u16 last;  // the last one that belongs to it
    PortRule rule;
};

inline constexpr u16 keyboard_command_port = 0x64;
inline constexpr u16 a20_gate_port = 0x92;
inline constexpr u16 cmos_index_port = 0x70;
inline constexpr u16 cmos_data_port = 0x71;
inline constexpr u16 reset_control_port = 0xcf9;  // Intel ICH9, 13.7.5
inline constexpr u16 pci_address_port = 0xcf8;    // PCI Local Bus 3.0, 3.2.2.3.2
inline constexpr u16 pci_data_port = 0xcfc;

/// Where QEMU's q35 firmware puts PM1a_CNT (PMBASE 0x600 + 4). @source Intel ICH9, 13.8.3.3
inline constexpr u16 power_control_port = 0x604;

/// QEMU's ACPI registers of CPUs; the byte at 4 holds the eject bits.
/// @source QEMU, docs/specs/acpi_cpu_hotplug.rst
inline constexpr u16 cpu_hotplug_control_port = 0xcd8 + 4;

/// What stock kernels use on QEMU's q35, in order. What is missing on purpose: the ISA DMA
/// controllers and QEMU's fw_cfg (0x510), kvmvapic (0x7e) and vmport (0x5658), which write memory
/// or registers on request; SMI commands (0xb2) and the SMI and TCO registers behind PMBASE 0x630;
/// the debug consoles.
inline constexpr std::array port_ranges{
    PortRange{0x20, 0x21, PortRule::Open},  // interrupt controller
    PortRange{0x40, 0x43, PortRule::Open},  // timer
    PortRange{0x60, 0x61, PortRule::Open},  // keyboard data; NMI status, timer gate
    PortRange{0x64, 0x64, PortRule::KeyboardCommand},
    PortRange{0x70, 0x70, PortRule::CmosIndex},
    PortRange{0x71, 0x71, PortRule::CmosData},
    PortRange{0x80, 0x80, PortRule::Open},  // a delay
    PortRange{0x92, 0x92, PortRule::A20Gate},
    PortRange{0xa0, 0xa1, PortRule::Open},    // interrupt controller
    PortRange{0x2f8, 0x2ff, PortRule::Open},  // COM2
    PortRange{0x3b0, 0x3df, PortRule::Open},  // VGA
    PortRange{0x3f8, 0x3ff, PortRule::Open},  // COM1
    PortRange{0x4d0, 0x4d1, PortRule::Open},  // edge and level of interrupts
    PortRange{0x600, 0x603, PortRule::Open},  // PM1 status and enable
    PortRange{0x604, 0x605, PortRule::PowerControl},
    PortRange{0x608, 0x60b, PortRule::Open},  // PM timer
    PortRange{0x620, 0x62f, PortRule::Open},  // general-purpose events
    PortRange{0x700, 0x73f, PortRule::Open},  // SMBus
    PortRange{0xcc0, 0xcd7, PortRule::Open},  // ACPI hotplug of PCI devices
    PortRange{0xcd8, 0xce3, PortRule::CpuHotplug},
    PortRange{0xcf8, 0xcf8, PortRule::PciAddress},
    PortRange{0xcf9, 0xcf9, PortRule::ResetControl},
    PortRange{0xcfc, 0xcff, PortRule::PciData},
    PortRange{0x1000, 0x4fff, PortRule::Open},  // BARs of PCI functions
    PortRange{0x6000, 0xffff, PortRule::Open},
};

/// The rule of one port; nothing: closed.
constexpr std::optional<PortRule> port_rule(u16 port) {
    for (const PortRange& range : port_ranges) {
        if (range.first <= port && port <= range.last) {
            return range.rule;
        }
    }
    return std::nullopt;
}

/// What a byte for port 0x64 asks for. 0xd1 and 0xdd, 0xdf reach the A20 line; 0xf0-0xff pulse the
/// output lines whose bits are 0, of which bit 0 is the reset. @source Intel 8042 data sheet
enum class KeyboardAction : u8 { Pass, Drop, Reset };

constexpr KeyboardAction keyboard_action(u8 command) {
    if (command >= 0xf0) {
        return (command & 1) == 0 ? KeyboardAction::Reset : KeyboardAction::Drop;
    }
    const bool reaches_a20 = command == 0xd1 || command == 0xdd || command == 0xdf;
    return reaches_a20 ? KeyboardAction::Drop : KeyboardAction::Pass;
}

/// What a write to PM1a_CNT asks for. SLP_EN bit 13, SLP_TYP bits 12:10; QEMU's S5 is type 0, all
/// other types sleep or save to disk. @source ACPI 6.5, 4.8.3.2.1
enum class PowerAction : u8 { Pass, Drop, PowerOff };

constexpr PowerAction power_action(u16 bits) {
    if ((bits >> 13 & 1) == 0) {
        return PowerAction::Pass;
    }
    return (bits >> 10 & 7) == 0 ? PowerAction::PowerOff : PowerAction::Drop;
}

inline constexpr u16 power_off_bits = 0x2000;

struct Vp;

/// Carries out an access of VTL0 that was intercepted. A reset or power-off does not return.
/// @param width  bytes: 1, 2 or 4
/// @return what was read, or whether something was written
u32 read_guarded_port(u16 port, unsigned width);
bool write_guarded_port(const Vp& vp, u16 port, unsigned width, u32 value);

/// The port itself. @param width  bytes: 1, 2 or 4
u32 read_port(u16 port, unsigned width);
void write_port(u16 port, unsigned width, u32 value);

static_assert(!port_rule(0x510) && !port_rule(0x51b) && !port_rule(0xe9) && !port_rule(0x7e));
static_assert(!port_rule(0x0) && !port_rule(0x81) && !port_rule(0xc0) && !port_rule(0x5658));
static_assert(!port_rule(0x72) && !port_rule(0xb2) && !port_rule(0x630) && !port_rule(0xcfa));
static_assert(port_rule(0x3f8) == PortRule::Open && port_rule(0xcff) == PortRule::PciData);
static_assert(keyboard_action(0xd1) == KeyboardAction::Drop);
static_assert(keyboard_action(0xfe) == KeyboardAction::Reset);
static_assert(keyboard_action(0xf0) == KeyboardAction::Reset);
static_assert(keyboard_action(0xaa) == KeyboardAction::Pass);
static_assert(power_action(0x2400) == PowerAction::Drop, "suspend to RAM");
static_assert(power_action(0x2800) == PowerAction::Drop, "suspend to disk");
static_assert(power_action(0x2001) == PowerAction::PowerOff);
static_assert(power_action(0x0001) == PowerAction::Pass);

}  // namespace hypervisor
