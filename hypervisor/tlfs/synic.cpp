// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/synic.h"

#include <cstring>

#include "hypervisor/tlfs/segment.h"

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
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    const u64 sint = vtl1.synic.sint[TLFS_INTERCEPT_SINT];
    if (!vp.has_vtl1.load() || (vtl1.synic.control & 1) == 0 || !vtl1.synic.messages.is_placed ||
        (sint & TLFS_SINT_MASKED) != 0) {
        return false;
    }
    const std::span slot = std::span{vtl1.synic.messages.bytes}.first(TLFS_MESSAGE_SLOT_BYTES);
    tlfs_message_header header{};
    std::memcpy(&header, slot.data(), sizeof(header));
    if (header.type != TLFS_MESSAGE_NONE) {
        header.flags |= TLFS_MESSAGE_PENDING;
        std::memcpy(slot.data(), &header, sizeof(header));
    } else {
        const tlfs_gpa_intercept body = describe(vp, vp.of(Vtl::Vtl0).vmcb, intercept);
        header = {TLFS_MESSAGE_GPA_INTERCEPT, sizeof(body), 0, 0, 0};
        std::memcpy(slot.subspan(sizeof(header)).data(), &body, sizeof(body));
        std::memcpy(slot.data(), &header, sizeof(header));  // the type last
    }
    vtl1.apic.vector = static_cast<u8>(sint & TLFS_SINT_VECTOR);
    vtl1.apic.auto_eoi = (sint & TLFS_SINT_AUTO_EOI) != 0;
    return true;
}

}  // namespace hypervisor
