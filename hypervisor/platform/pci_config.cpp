// SPDX-License-Identifier: MIT
#include "hypervisor/platform/pci_config.h"

#include <algorithm>

#include "hypervisor/apic/kick.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/platform/door.h"
#include "hypervisor/platform/msix_tables.h"
#include "hypervisor/platform/pci_placement.h"
#include "hypervisor/platform/pci_rules.h"

namespace hypervisor::pci {

namespace {

constinit LockedPorts config_ports;
constinit MemoryExtent ecam_extent{};
constinit Windows windows{};

constexpr u64 io_apic_page = 0xfec0'0000;
constexpr u64 ecam_bytes = u64{256} << 20;
constexpr u64 ecam_function_bytes = 4096;
constexpr u32 address_enable = u32{1} << 31;

// Capabilities. @source PCI Local Bus 3.0, 6.7 and 6.8
constexpr u32 status_has_capabilities = 1U << 20;
constexpr unsigned max_capabilities = 48;  // as many as fit
constexpr u8 capability_msi = 5;
constexpr u32 msi_enable = 1U << 16;  // of the capability's first register
constexpr u32 msi_is_64 = 1U << 23;
constexpr u8 capability_msix = 0x11;

constexpr u32 command_memory = 2;
constexpr u32 bus_numbers_register = 0x18;  // PCI-to-PCI Bridge 1.2, 3.2.5.2-3.2.5.4

u32 find_capability(ConfigPorts& ports, Function function, u8 wanted) {
    if ((ports.read(function, command_register) & status_has_capabilities) == 0) {
        return 0;
    }
    u32 at = ports.read(function, capabilities_register, 1) & 0xfc;
    for (unsigned i = 0; i < max_capabilities && at != 0; ++i) {
        const u32 header = ports.read(function, at);
        if ((header & 0xff) == wanted) {
            return at;
        }
        at = header >> 8 & 0xfc;
    }
    return 0;
}

/// Whether a register of the MSI capability at `at` may become `value`.
bool is_msi_allowed(ConfigPorts& ports, Function function, u32 at, u32 offset, u32 value) {
    if (is_open(Door::Msi)) {
        return true;
    }
    const bool is_64 = (ports.read(function, at) & msi_is_64) != 0;
    switch (offset - at) {
        case 0:
            return (value & msi_enable) == 0 || is_message_address(ports.read(function, at + 4));
        case 4:
            return is_message_address(value);
        case 8:
            return is_64 ? value == 0 : is_message_data(value);
        case 12:
            return !is_64 || is_message_data(value);
        default:
            return true;
    }
}

/// Guards a function's MSI-X table where it now lies. A BAR outside of the windows is not decoded.
/// @return false if that cannot be done: the function must not decode memory
bool guard_table_of(LockedPartition::Guard& locked, ConfigPorts& ports, Function function) {
    release_table(locked, function);
    const u32 at = find_capability(ports, function, capability_msix);
    if (at == 0 || is_open(Door::Msix)) {
        return true;
    }
    const u32 place = ports.read(function, at + 4);
    const std::optional<u64> bar = memory_bar(ports, function, place & 7);
    if (!bar) {
        return false;
    }
    const u64 first = *bar + (place & ~u32{7});
    const u64 end = first + msix_table_bytes(ports.read(function, at));
    return !windows.holds(first, end - 1) || guard_table(locked, function, {first, end});
}

/// One function while VTL0 writes to it.
struct Target {
    const Vp& vp;
    LockedPartition::Guard& locked;
    ConfigPorts& ports;
    Function function;

    u32 read(u32 offset, unsigned width = 4) { return ports.read(function, offset, width); }

    void write(u32 offset, unsigned width, u32 value) {
        ports.write(function, offset, width, value);
    }

    void flush() {
        flush_nested_everywhere(locked, vp, Vtl::Vtl0);
        locked->pool.reclaim();
    }

    /// Before it decodes memory.
    bool guard() {
        const bool is_guarded = guard_table_of(locked, ports, function);
        flush();
        return is_guarded;
    }
};

/// A function decodes only while all of it lies where it may.
bool write_address_register(Target& target, u32 offset, u32 value) {
    const u32 command = target.read(command_register, 2);
    target.write(command_register, 2, command & ~command_decode);
    const u32 old = target.read(offset);
    target.write(offset, 4, value);
    const bool is_allowed =
        (command & command_decode) == 0 || is_well_placed(target.ports, target.function, windows);
    if (!is_allowed) {
        target.write(offset, 4, old);
    }
    const bool is_guarded = (command & command_memory) == 0 || target.guard();
    target.write(command_register, 2, is_guarded ? command : command & ~command_decode);
    return is_allowed && is_guarded;
}

bool write_command(Target& target, unsigned width, u32 value) {
    const u32 old = target.read(command_register, 2);
    bool is_allowed = true;
    if ((value & ~old & command_decode) != 0) {
        target.write(command_register, 2, old & ~command_decode);
        is_allowed = is_well_placed(target.ports, target.function, windows) &&
                     ((value & command_memory) == 0 || target.guard());
    }
    const u32 allowed = is_allowed ? value : value & ~command_decode;
    target.write(command_register, width, allowed);
    if ((old & ~allowed & command_memory) != 0) {
        release_table(target.locked, target.function);
        target.flush();
    }
    return is_allowed;
}

/// Tables are known by the numbers of their functions, which change with those of a bus.
bool may_renumber(Target& target, u32 value) {
    const auto is_free = [&](u32 numbers) {
        const u32 first = numbers >> 8 & 0xff;
        return !is_table_behind(target.locked, first, std::max(first, numbers >> 16 & 0xff));
    };
    const u32 old = target.read(bus_numbers_register);
    return ((old ^ value) & 0xff'ff00) == 0 || (is_free(old) && is_free(value));
}

/// @param offset  below 256; the access lies within one register of 4 bytes
bool write_register(Target& target, u32 offset, unsigned width, u32 value) {
    const u32 at = offset & ~u32{3};
    const unsigned shift = 8 * (offset & 3);
    const u32 mask = width == 4 ? ~u32{0} : ((u32{1} << 8 * width) - 1) << shift;
    const u32 merged = (target.read(at) & ~mask) | (value << shift & mask);
    const u32 msi = find_capability(target.ports, target.function, capability_msi);
    const bool bridge = is_bridge(target.ports, target.function);
    if (is_platform_function(target.function)) {
        if (!may_write_platform(target.function, offset, width)) {
            return forms_addresses(false, at);  // they have no BARs; Linux looks for some
        }
    } else if (forms_addresses(bridge, at)) {
        return write_address_register(target, at, merged);
    } else if (offset == command_register) {
        return write_command(target, width, value);
    } else if ((bridge && at == bus_numbers_register && !may_renumber(target, merged)) ||
               (msi != 0 && at >= msi &&
                !is_msi_allowed(target.ports, target.function, msi, at, merged))) {
        return false;
    }
    target.write(offset, width, value);
    return true;
}

bool write_for_guest(Target target, u32 offset, unsigned width, u32 value) {
    if ((offset & 3) + width > 4 || target.read(id_register) == no_function) {
        return false;
    }
    if (is_checked_platform() && !is_open(Door::Config)) {
        return write_register(target, offset, width, value);
    }
    target.write(offset, width, value);
    return true;
}

}  // namespace

void initialise(const MemoryMap& memory) {
    auto locked = config_ports.lock();
    const u32 base = locked->read(host_bridge, pciexbar_register);
    constexpr u32 enabled_256_mib = 1;
    if (locked->read(host_bridge, id_register) != host_bridge_id || (base & 7) != enabled_256_mib ||
        locked->read(host_bridge, pciexbar_register + 4) != 0) {
        console::write_line("platform: unchecked: not QEMU's q35");
        return;
    }
    const u64 first = base & 0xf000'0000;
    const u64 four_gib = u64{1} << 32;
    ecam_extent = {first, first + ecam_bytes};
    windows = {{ecam_extent.end, io_apic_page},
               {std::max(memory.ram_end(), four_gib), u64{1} << 52}};
}

void guard_tables(LockedPartition::Guard& locked) {
    constexpr u32 every_function = 0x1'0000;
    constexpr u32 is_multifunction = 1U << 23;
    auto ports = config_ports.lock();
    for (u32 i = 0; i < every_function && is_checked_platform(); ++i) {
        const auto function = static_cast<Function>(i);
        const bool exists = ports->read(function, id_register) != no_function;
        const u32 command = exists ? ports->read(function, command_register, 2) : 0;
        if ((command & command_memory) != 0 && !guard_table_of(locked, *ports, function)) {
            ports->write(function, command_register, 2, command & ~command_decode);
        }
        if (i % 8 == 0 &&
            (!exists || (ports->read(function, header_type_register) & is_multifunction) == 0)) {
            i += 7;
        }
    }
}

bool is_checked_platform() {
    return ecam_extent.end != 0;
}

MemoryExtent ecam() {
    return ecam_extent;
}

u32 address_for_guest() {
    return config_ports.lock()->guest_address;
}

void set_address_for_guest(u32 address) {
    config_ports.lock()->guest_address = address;
}

u32 read_data_for_guest(unsigned offset, unsigned width) {
    auto locked = config_ports.lock();
    const u32 address = locked->guest_address;
    if ((address & address_enable) == 0 || offset + width > 4) {
        return ~u32{0};
    }
    return locked->read(static_cast<Function>(address >> 8), (address & 0xfc) + offset, width);
}

bool write_data_for_guest(const Vp& vp, unsigned offset, unsigned width, u32 value) {
    auto locked = partition.lock();
    auto ports = config_ports.lock();
    const u32 address = ports->guest_address;
    return (address & address_enable) != 0 &&
           write_for_guest({vp, locked, *ports, static_cast<Function>(address >> 8)},
                           (address & 0xfc) + offset, width, value);
}

bool write_ecam_for_guest(const Vp& vp, u64 gpa, unsigned width, u32 value) {
    // The extended registers are error reporting and the like; none is needed. Those of SR-IOV
    // would make functions whose BARs nobody looks at.
    const auto offset = static_cast<u32>(gpa & (ecam_function_bytes - 1));
    const auto function = static_cast<Function>((gpa - ecam_extent.first) / ecam_function_bytes);
    auto locked = partition.lock();
    auto ports = config_ports.lock();
    return offset < 0x100 && write_for_guest({vp, locked, *ports, function}, offset, width, value);
}

}  // namespace hypervisor::pci
