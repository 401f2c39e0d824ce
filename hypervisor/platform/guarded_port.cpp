// SPDX-License-Identifier: MIT
#include "hypervisor/platform/guarded_port.h"

#include "hypervisor/platform/cmos.h"
#include "hypervisor/platform/pci_config.h"
#include "hypervisor/platform/reset.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

bool write_keyboard(u8 command) {
    switch (keyboard_action(command)) {
        case KeyboardAction::Reset:
            reset_machine("VTL0 resets by the keyboard controller");
        case KeyboardAction::Drop:
            return false;
        case KeyboardAction::Pass:
            break;
    }
    out8(keyboard_command_port, command);
    return true;
}

bool write_a20_gate(u8 value) {
    constexpr u8 reset = 1;
    constexpr u8 a20 = 2;
    if ((value & reset) != 0) {
        reset_machine("VTL0 resets by port 0x92");
    }
    out8(a20_gate_port, value | a20);
    return true;
}

/// @param width  1 or 2 bytes, which end at the register's end
bool write_power_control(u16 port, unsigned width, u16 value) {
    const auto bits = static_cast<u16>(port == power_control_port ? value : value << 8);
    switch (power_action(bits)) {
        case PowerAction::PowerOff:
            power_off_machine();
        case PowerAction::Drop:
            return false;
        case PowerAction::Pass:
            break;
    }
    write_port(port, width, value);
    return true;
}

bool write_reset_control(u8 value) {
    constexpr u8 start = 4;
    if ((value & start) != 0) {
        reset_machine("VTL0 resets");
    }
    out8(reset_control_port, value);
    return true;
}

bool write_cpu_hotplug(u16 port, unsigned width, u32 value) {
    constexpr u8 ejects = 0x18;  // by the operating system, by the firmware
    const bool is_control = port == cpu_hotplug_control_port;
    if (width != 1 && (width != 4 || port % 4 != 0 || is_control)) {
        return false;
    }
    write_port(port, width, is_control ? value & ~u32{ejects} : value);
    return true;
}

}  // namespace

u32 read_port(u16 port, unsigned width) {
    switch (width) {
        case 1:
            return in8(port);
        case 2:
            return in16(port);
        default:
            return in32(port);
    }
}

void write_port(u16 port, unsigned width, u32 value) {
    switch (width) {
        case 1:
            return out8(port, static_cast<u8>(value));
        case 2:
            return out16(port, static_cast<u16>(value));
        default:
            return out32(port, value);
    }
}

u32 read_guarded_port(u16 port, unsigned width) {
    constexpr u32 nothing = ~u32{0};
    const std::optional<PortRule> rule = port_rule(port);
    if (!rule) {
        return nothing;
    }
    switch (*rule) {
        case PortRule::PciAddress:
            return width == 4 ? pci::address_for_guest() : nothing;
        case PortRule::PciData:
            return pci::read_data_for_guest(port - pci_data_port, width);
        case PortRule::CmosIndex:
            return nothing;  // write-only
        case PortRule::CmosData:
            return width == 1 ? cmos::read_for_guest() : nothing;
        case PortRule::PowerControl:
            return port + width <= power_control_port + 2 ? read_port(port, width) : nothing;
        case PortRule::CpuHotplug:
            return width != 2 ? read_port(port, width) : nothing;
        case PortRule::KeyboardCommand:
        case PortRule::A20Gate:
        case PortRule::ResetControl:
            return width == 1 ? in8(port) : nothing;
        case PortRule::Open:  // a wider access reaches into a port that is not
            return nothing;
    }
    return nothing;
}

bool write_guarded_port(const Vp& vp, u16 port, unsigned width, u32 value) {
    const std::optional<PortRule> rule = port_rule(port);
    if (!rule) {
        return false;
    }
    const auto byte = static_cast<u8>(value);
    switch (*rule) {
        case PortRule::PciAddress:
            if (width == 4) {
                pci::set_address_for_guest(value);
            }
            return width == 4;
        case PortRule::PciData:
            return pci::write_data_for_guest(vp, port - pci_data_port, width, value);
        case PortRule::CmosIndex:
            if (width == 1) {
                cmos::select_for_guest(byte);
            }
            return width == 1;
        case PortRule::CmosData:
            return width == 1 && cmos::write_for_guest(byte);
        case PortRule::PowerControl:
            return port + width <= power_control_port + 2 &&
                   write_power_control(port, width, static_cast<u16>(value));
        case PortRule::CpuHotplug:
            return write_cpu_hotplug(port, width, value);
        case PortRule::KeyboardCommand:
            return width == 1 && write_keyboard(byte);
        case PortRule::A20Gate:
            return width == 1 && write_a20_gate(byte);
        case PortRule::ResetControl:
            return width == 1 && write_reset_control(byte);
        case PortRule::Open:
            return false;
    }
    return false;
}

}  // namespace hypervisor
