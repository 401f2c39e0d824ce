// SPDX-License-Identifier: MIT
#include "hypervisor/apic/interprocessor.h"
#include "hypervisor/apic/local_apic.h"
#include "hypervisor/platform/console.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/guest_access.h"
#include "hypervisor/svm/guest_instruction.h"

namespace hypervisor {

namespace {

constinit console::Budget odd_lines{8};

void write_register(Vp& vp, u32 offset, u32 value) {
    switch (offset) {
        case local_apic::icr_low_offset:
            send_guest_ipi(vp, local_apic::read(local_apic::icr_high_offset) >> 24, value);
            return;
        case local_apic::logical_destination_offset:
            vp.logical_destination = value;
            break;
        default:
            break;
    }
    if (!local_apic::write_for_guest(offset, value) && odd_lines.take()) {
        console::Line{} << "APIC register " << base::Hex{offset} << ": write of "
                        << base::Hex{value} << " dropped";
    }
}

}  // namespace

void handle_apic_write(Vp& vp, u64 gpa) {
    const base::Result<MemoryAccess> access = decode_guest_access(vp);
    const auto offset = static_cast<u32>(gpa & (base::page_size - 1));
    if (local_apic::is_x2apic() || !access || access->kind == MemoryAccess::Kind::Load ||
        access->operand_bytes != 4 || offset % 16 != 0) {
        if (odd_lines.take()) {
            console::Line{} << "APIC access at rip " << base::Hex{vp.vmcb().rip} << " denied";
        }
        raise_general_protection(vp);
        return;
    }
    u64& source = general_register(vp, access->register_number);
    const u64 value = access->has_immediate ? access->immediate : source;
    const u32 old = access->kind == MemoryAccess::Kind::Exchange ? local_apic::read(offset) : 0;
    write_register(vp, offset, static_cast<u32>(value));
    if (access->kind == MemoryAccess::Kind::Exchange) {
        source = old;  // a 32-bit result clears the upper half
    }
    advance_rip(vp.vmcb(), access->length);
}

}  // namespace hypervisor
