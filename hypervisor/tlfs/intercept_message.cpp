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

tlfs_intercept_header describe(const Vp& vp, const Vmcb& vmcb, u8 access_type) {
    tlfs_intercept_header header{};
    header.vp_index = vp.index;
    header.access_type = access_type;
    header.execution_state = execution_state(vmcb);
    header.cs = {vmcb.cs.base, vmcb.cs.limit, vmcb.cs.selector,
                 tlfs_attributes_of_vmcb(vmcb.cs.attributes)};
    header.rip = vmcb.rip;
    header.rflags = vmcb.rflags;
    return header;
}

/// Posts a message without padding.
template <class Body>
bool post(Vp& vp, u32 type, const Body& body) {
    return post_intercept(vp, type, std::bit_cast<std::array<u8, sizeof(Body)>>(body));
}

}  // namespace

bool post_memory_intercept(Vp& vp, const MemoryIntercept& intercept) {
    tlfs_gpa_intercept body{};
    body.header = describe(vp, vp.of(Vtl::Vtl0).vmcb, intercept.access_type);
    body.gpa = intercept.gpa;
    return post(vp, TLFS_MESSAGE_GPA_INTERCEPT, body);
}

bool post_startup_intercept(Vp& vp, u8 vector) {
    const Vmcb& vmcb = vp.of(Vtl::Vtl0).vmcb;
    return post(vp, TLFS_MESSAGE_SIPI_INTERCEPT,
                tlfs_sipi_intercept{.header = describe(vp, vmcb, TLFS_ACCESS_TYPE_EXECUTE),
                                    .target_vp_index = vp.index,
                                    .vector = vector});
}

}  // namespace hypervisor
