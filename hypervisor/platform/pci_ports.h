// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"
#include "hypervisor/lock_rank.h"
#include "hypervisor/platform/guarded_port.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor::pci {

/// Bus 15:8, device 7:3, function 2:0.
using Function = u16;

// Registers of every function. @source PCI Local Bus 3.0, 6.1
inline constexpr u32 id_register = 0x00;
inline constexpr u32 command_register = 0x04;
inline constexpr u32 capabilities_register = 0x34;
inline constexpr u32 command_decode = 3;  // I/O space, memory space
inline constexpr u32 no_function = ~u32{0};

/// The two ports behind which configuration space lies. Whoever holds the lock has both.
class ConfigPorts {
public:
    u32 guest_address = 0;  // what VTL0 has in port 0xcf8

    /// @param width  bytes: 1, 2 or 4; does not cross a register of 4 bytes
    u32 read(Function function, u32 offset, unsigned width = 4) {
        select(function, offset);
        return read_port(static_cast<u16>(pci_data_port + (offset & 3)), width);
    }

    void write(Function function, u32 offset, unsigned width, u32 value) {
        select(function, offset);
        write_port(static_cast<u16>(pci_data_port + (offset & 3)), width, value);
    }

    void write(Function function, u32 offset, u32 value) { write(function, offset, 4, value); }

private:
    static void select(Function function, u32 offset) {
        out32(pci_address_port, u32{1} << 31 | u32{function} << 8 | (offset & 0xfc));
    }
};

using LockedPorts = base::Locked<ConfigPorts, LockRank::Device>;

}  // namespace hypervisor::pci
