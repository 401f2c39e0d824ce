// SPDX-License-Identifier: MIT
#include <algorithm>

#include "hypervisor/platform/console.h"
#include "hypervisor/platform/guarded_port.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/instructions.h"

namespace hypervisor {

namespace {

constinit console::Budget io_lines{16};

/// EXITINFO1 of an I/O exit. @source AMD APM vol. 2, 15.10.2
struct IoExit {
    u64 info;

    bool is_input() const { return (info & 1) != 0; }

    bool is_string() const { return (info & 1U << 2) != 0; }

    u64 width_bytes() const { return info >> 4 & 7; }  // 1, 2 or 4

    u16 port() const { return static_cast<u16>(info >> 16); }
};

u64 read_port(const IoExit& io, const GuardedPort* guarded) {
    const u64 all_ones = (u64{1} << 8 * io.width_bytes()) - 1;
    if (guarded == nullptr || guarded->rule == PortRule::Closed) {
        return all_ones;
    }
    switch (io.width_bytes()) {
        case 1:
            return in8(io.port());
        case 2:
            return guarded->rule == PortRule::PowerControl ? in16(io.port()) : all_ones;
        default:
            return all_ones;
    }
}

/// True if something was written, be it changed.
bool write_port(const IoExit& io, const GuardedPort* guarded, u64 value) {
    const u64 width = io.width_bytes();
    const bool is_wide_power = guarded != nullptr && guarded->rule == PortRule::PowerControl &&
                               width == 2 && io.port() == power_control_port;
    if (guarded == nullptr || (width != 1 && !is_wide_power)) {
        return false;
    }
    const auto masked = static_cast<u16>(value & (width == 1 ? 0xff : 0xffff));
    const std::optional<u16> harmless = harmless_write(guarded->rule, io.port(), masked);
    if (!harmless) {
        return false;
    }
    if (width == 1) {
        out8(io.port(), static_cast<u8>(*harmless));
    } else {
        out16(io.port(), *harmless);
    }
    return true;
}

}  // namespace

void handle_io(Vp& vp) {
    Vmcb& vmcb = vp.vmcb();
    const IoExit io{vmcb.exit_info1};
    if (io.is_string()) {
        raise_general_protection(vp);
        return;
    }
    // An access that only reaches into a guarded port from below names none.
    const auto* const found = std::ranges::find(guarded_ports, io.port(), &GuardedPort::port);
    const GuardedPort* const guarded = found == guarded_ports.end() ? nullptr : found;
    if (io.is_input()) {
        const u64 mask = (u64{1} << 8 * io.width_bytes()) - 1;
        const u64 kept = io.width_bytes() == 4 ? 0 : vmcb.rax & ~mask;
        vmcb.rax = kept | (read_port(io, guarded) & mask);
    } else if (!write_port(io, guarded, vmcb.rax) && io_lines.take()) {
        console::Line{} << "port " << base::Hex{io.port()} << ": write of "
                        << base::Hex{vmcb.rax & 0xffff'ffff} << " dropped";
    }
    vmcb.rip = vmcb.exit_info2;  // the next instruction
    vmcb.interrupt_shadow = 0;
}

}  // namespace hypervisor
