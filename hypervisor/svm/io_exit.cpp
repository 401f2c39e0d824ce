// SPDX-License-Identifier: MIT
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

}  // namespace

void handle_io(Vp& vp) {
    Vmcb& vmcb = vp.vmcb();
    const IoExit io{vmcb.exit_info1};
    if (io.is_string()) {
        raise_general_protection(vp);
        return;
    }
    const auto width = static_cast<unsigned>(io.width_bytes());
    if (io.is_input()) {
        const u64 mask = (u64{1} << 8 * width) - 1;
        const u64 kept = width == 4 ? 0 : vmcb.rax & ~mask;
        vmcb.rax = kept | (read_guarded_port(io.port(), width) & mask);
    } else if (!write_guarded_port(vp, io.port(), width, static_cast<u32>(vmcb.rax)) &&
               io_lines.take()) {
        console::Line{} << "port " << base::Hex{io.port()} << ": write of "
                        << base::Hex{vmcb.rax & 0xffff'ffff} << " dropped";
    }
    vmcb.rip = vmcb.exit_info2;  // the next instruction
    vmcb.interrupt_shadow = 0;
}

}  // namespace hypervisor
