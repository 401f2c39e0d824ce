// SPDX-License-Identifier: MIT
#include <bit>

#include "hvcall/abi/tlfs_register.h"
#include "hypervisor/svm/exits.h"
#include "hypervisor/svm/guest_instruction.h"
#include "hypervisor/tlfs/intercept_message.h"

namespace hypervisor {

namespace {

using Kind = SystemWrite::Kind;

Kind kind_that_writes(u32 name) {
    switch (name) {
        case TLFS_REG_GDTR:
            return Kind::Lgdt;
        case TLFS_REG_IDTR:
            return Kind::Lidt;
        case TLFS_REG_LDTR:
            return Kind::Lldt;
        default:
            return Kind::Ltr;
    }
}

/// The address of an operand in memory, else the selector in the form of a segment register.
tlfs_register_value source_of(Vp& vp, const SystemWrite& write) {
    if (write.memory) {
        return {linear_address(vp, *write.memory, write.length), 0};
    }
    const auto selector = static_cast<u16>(general_register(vp, write.source));
    return std::bit_cast<tlfs_register_value>(tlfs_segment_register{0, 0, selector, 0});
}

}  // namespace

void handle_table_register_write(Vp& vp, u32 name) {
    const base::Result<SystemWrite> write = decode_system_write(vp);
    if (!write) {
        raise_general_protection(vp);
        return;
    }
    if (write->kind != kind_that_writes(name)) {
        return;  // another CPU has changed the code: VTL0 runs what is there now
    }
    if (!post_register_intercept(
            vp, {write->length, name, source_of(vp, *write), write->memory.has_value()})) {
        raise_general_protection(vp);
    }
}

}  // namespace hypervisor
