// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/intercept_message.h"

#include <bit>

#include "hypervisor/tlfs/segment.h"
#include "hypervisor/tlfs/synic.h"

namespace hypervisor {

namespace {

u16 execution_state(const Vmcb& vmcb) {
    u32 state = vmcb.cpl & TLFS_EXECUTION_CPL;
    state |= (vmcb.cr0 & cr0_pe) != 0 ? TLFS_EXECUTION_PE : 0;
    state |= (vmcb.cr0 & cr0_am) != 0 ? TLFS_EXECUTION_AM : 0;
    state |= (vmcb.efer & efer_lma) != 0 ? TLFS_EXECUTION_LMA : 0;
    return static_cast<u16>(state);  // VTL 0
}

tlfs_gpa_intercept describe(const Vp& vp, const Vmcb& vmcb, const MemoryIntercept& intercept) {
    tlfs_gpa_intercept message{};
    message.header.vp_index = vp.index;
    message.header.access_type = intercept.access_type;
    message.header.execution_state = execution_state(vmcb);
    message.header.cs = {vmcb.cs.base, vmcb.cs.limit, vmcb.cs.selector,
                         tlfs_attributes_of_vmcb(vmcb.cs.attributes)};
    message.header.rip = vmcb.rip;
    message.header.rflags = vmcb.rflags;
    message.gpa = intercept.gpa;
    return message;
}

}  // namespace

bool post_memory_intercept(Vp& vp, const MemoryIntercept& intercept) {
    const tlfs_gpa_intercept body = describe(vp, vp.of(Vtl::Vtl0).vmcb, intercept);
    const auto bytes = std::bit_cast<std::array<u8, sizeof(body)>>(body);
    return post_intercept(vp, TLFS_MESSAGE_GPA_INTERCEPT, bytes);
}

}  // namespace hypervisor
