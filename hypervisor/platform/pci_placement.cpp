// SPDX-License-Identifier: MIT
#include "hypervisor/platform/pci_placement.h"

namespace hypervisor::pci {

namespace {

// Bits of a BAR. @source PCI Local Bus 3.0, 6.2.5.1
constexpr u32 is_io_bar = 1;
constexpr u32 type_mask = 6;
constexpr u32 type_64 = 4;
constexpr u32 rom_enable = 1;
constexpr u32 first_bar = 0x10;

// Below, ports belong to the board (platform/guarded_port.h).
constexpr u64 first_io_port = 0x1000;
constexpr u64 io_port_end = 0x1'0000;
constexpr u64 smbus_port = 0x700;  // where the firmware puts this one

/// What would be written as size bits, with the old value put back.
u32 size_mask(ConfigPorts& ports, Function function, u32 offset, u32 old) {
    ports.write(function, offset, ~u32{0});
    const u32 mask = ports.read(function, offset);
    ports.write(function, offset, old);
    return mask;
}

bool is_nowhere(u64 first, u64 last) {
    return first == 0 || last == ~u64{0} || last == 0xffff'ffff;
}

bool is_memory_allowed(const Windows& windows, u64 first, u64 last) {
    return is_nowhere(first, last) || windows.holds(first, last);
}

bool is_io_allowed(u64 first, u64 last) {
    return first == 0 || first == smbus_port || last >= 0xffff ||
           (first >= first_io_port && last < io_port_end);
}

/// One BAR, which takes two registers if it is 64 bits wide. @return its registers
unsigned check_bar(
    ConfigPorts& ports, Function function, u32 offset, const Windows& windows, bool& is_allowed) {
    const u32 low = ports.read(function, offset);
    const u32 low_mask = size_mask(ports, function, offset, low);
    if ((low & is_io_bar) != 0) {
        const u64 first = low & 0xfffc;
        const u64 size = (~low_mask & 0xfffc) + 4;
        is_allowed = is_allowed && (low_mask == 0 || is_io_allowed(first, first + size - 1));
        return 1;
    }
    const bool is_64 = (low & type_mask) == type_64;
    u64 first = low & ~u32{0xf};
    u64 mask = ~u64{0} << 32 | (low_mask & ~u32{0xf});
    if (is_64) {
        const u32 high = ports.read(function, offset + 4);
        first |= u64{high} << 32;
        mask &= u64{size_mask(ports, function, offset + 4, high)} << 32 | 0xffff'ffff;
    }
    const bool exists = (mask & 0xffff'ffff) != 0 || is_64;
    is_allowed = is_allowed && (!exists || is_memory_allowed(windows, first, first + ~mask));
    return is_64 ? 2 : 1;
}

bool is_rom_allowed(ConfigPorts& ports, Function function, u32 offset, const Windows& windows) {
    const u32 value = ports.read(function, offset);
    const u64 mask = size_mask(ports, function, offset, value & ~rom_enable) & ~u32{0x7ff};
    ports.write(function, offset, value);
    const u64 first = value & ~u32{0x7ff};
    return (value & rom_enable) == 0 || mask == 0 ||
           is_memory_allowed(windows, first, first + (~mask & 0xffff'ffff));
}

/// What a bridge passes on; a window whose end lies before its start is closed.
/// @source PCI-to-PCI Bridge 1.2, 3.2.5.6-3.2.5.10
bool are_windows_allowed(ConfigPorts& ports, Function function, const Windows& windows) {
    const u32 io = ports.read(function, 0x1c);
    const u32 memory = ports.read(function, 0x20);
    const u32 prefetchable = ports.read(function, 0x24);
    const u64 io_first = (io & 0xf0) << 8;
    const u64 io_last = (io & 0xf000) | 0xfff;
    const auto first_of = [](u32 value) { return u64{value & 0xfff0} << 16; };
    const auto last_of = [](u32 value) { return u64{value & 0xfff0'0000} | 0xf'ffff; };
    const u64 high_first = u64{ports.read(function, 0x28)} << 32 | first_of(prefetchable);
    const u64 high_last = u64{ports.read(function, 0x2c)} << 32 | last_of(prefetchable);
    const auto is_fine = [&](u64 first, u64 last) {
        return first > last || is_memory_allowed(windows, first, last);
    };
    return (io_first > io_last || is_io_allowed(io_first, io_last)) &&
           is_fine(first_of(memory), last_of(memory)) && is_fine(high_first, high_last);
}

unsigned bar_count(ConfigPorts& ports, Function function) {
    return is_bridge(ports, function) ? 2 : 6;
}

}  // namespace

bool Windows::holds(u64 first, u64 last) const {
    const auto is_in = [&](const MemoryExtent& window) {
        return first >= window.first && last < window.end && first <= last;
    };
    return is_in(low) || is_in(high);
}

bool is_bridge(ConfigPorts& ports, Function function) {
    return (ports.read(function, header_type_register) >> 16 & 0x7f) == 1;
}

bool is_well_placed(ConfigPorts& ports, Function function, const Windows& windows) {
    const bool bridge = is_bridge(ports, function);
    const unsigned count = bar_count(ports, function);
    bool is_allowed = true;
    for (unsigned bar = 0; bar < count;) {
        bar += check_bar(ports, function, first_bar + 4 * bar, windows, is_allowed);
    }
    return is_allowed && is_rom_allowed(ports, function, bridge ? 0x38 : 0x30, windows) &&
           (!bridge || are_windows_allowed(ports, function, windows));
}

std::optional<u64> memory_bar(ConfigPorts& ports, Function function, unsigned bar) {
    const u32 offset = first_bar + 4 * bar;
    const u32 low = ports.read(function, offset);
    if (bar >= bar_count(ports, function) || (low & is_io_bar) != 0) {
        return std::nullopt;
    }
    const u64 high = (low & type_mask) == type_64 ? ports.read(function, offset + 4) : 0;
    return high << 32 | (low & ~u32{0xf});
}

}  // namespace hypervisor::pci
