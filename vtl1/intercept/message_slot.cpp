// SPDX-License-Identifier: MIT
#include "vtl1/intercept/message_slot.h"

#include "hvcall/synthetic_msrs.h"
#include "vtl1/arch/instructions.h"

namespace vtl1 {

Result<tlfs_message> take_message(Cpu& cpu) {
    if (cpu.messages == nullptr) {
        return fail(Error::NotFound);
    }
    tlfs_message& slot = (*cpu.messages)[TLFS_INTERCEPT_SINT];
    // SAFETY: the hypervisor writes the type, last; no interrupt window is open from here on, so
    // the rest stays as it is until the type is 0 again.
    auto& type = const_cast<volatile u32&>(slot.header.type);
    if (type == TLFS_MESSAGE_NONE) {
        return fail(Error::NotFound);
    }
    memory_barrier();
    const tlfs_message copy = slot;
    type = TLFS_MESSAGE_NONE;
    memory_barrier();
    if ((copy.header.flags & TLFS_MESSAGE_PENDING) != 0) {
        write_msr(hv::EomMsr{});
    }
    return copy;
}

}  // namespace vtl1
