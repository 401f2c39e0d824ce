// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/intercept_message.h"

#include <bit>

#include "hypervisor/apic/local_apic.h"
#include "hypervisor/tlfs/segment.h"
#include "hypervisor/tlfs/synic.h"

namespace hypervisor {

namespace {

u16 execution_state(const VtlContext& vtl0) {
    constexpr u64 dr7_enabled = 0xff;  // L0 to G3
    const Vmcb& vmcb = vtl0.vmcb;
    u32 state = vmcb.cpl & TLFS_EXECUTION_CPL;
    state |= (vmcb.cr0 & cr0_pe) != 0 ? TLFS_EXECUTION_PE : 0;
    state |= (vmcb.cr0 & cr0_am) != 0 ? TLFS_EXECUTION_AM : 0;
    state |= (vmcb.efer & efer_lma) != 0 ? TLFS_EXECUTION_LMA : 0;
    state |= (vmcb.dr7 & dr7_enabled) != 0 ? TLFS_EXECUTION_DEBUG_ACTIVE : 0;
    state |= vtl0.pending.get(Event::valid) ? TLFS_EXECUTION_INTERRUPTION_PENDING : 0;
    state |= (vmcb.interrupt_shadow & 1) != 0 ? TLFS_EXECUTION_INTERRUPT_SHADOW : 0;
    return static_cast<u16>(state);  // VTL 0
}

/// @param length  of the instruction, bytes; 0: not known
tlfs_intercept_header describe(Vp& vp, u8 access_type, u8 length) {
    const VtlContext& vtl0 = vp.of(Vtl::Vtl0);
    const Vmcb& vmcb = vtl0.vmcb;
    const u32 cr8 = local_apic::read(local_apic::task_priority_offset) >> 4;
    tlfs_intercept_header header{};
    header.vp_index = vp.index;
    header.instruction_length_and_cr8 = static_cast<u8>(length | cr8 << TLFS_CR8_SHIFT);
    header.access_type = access_type;
    header.execution_state = execution_state(vtl0);
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
    body.header = describe(vp, intercept.access_type, 0);
    body.gpa = intercept.gpa;
    return post(vp, TLFS_MESSAGE_GPA_INTERCEPT, body);
}

bool post_startup_intercept(Vp& vp, u8 vector) {
    return post(vp, TLFS_MESSAGE_SIPI_INTERCEPT,
                tlfs_sipi_intercept{.header = describe(vp, TLFS_ACCESS_TYPE_EXECUTE, 0),
                                    .target_vp_index = vp.index,
                                    .vector = vector});
}

bool post_register_intercept(Vp& vp, const RegisterIntercept& intercept) {
    tlfs_register_intercept body{};
    body.header = describe(vp, TLFS_ACCESS_TYPE_WRITE, intercept.length);
    body.flags = intercept.is_in_memory ? TLFS_REGISTER_MEMORY_OPERAND : 0;
    body.name = intercept.name;
    body.value = intercept.value;
    return post(vp, TLFS_MESSAGE_X64_REGISTER_INTERCEPT, body);
}

bool post_msr_intercept(Vp& vp, const MsrIntercept& intercept) {
    tlfs_msr_intercept body{};
    body.header = describe(vp, TLFS_ACCESS_TYPE_WRITE, intercept.length);
    body.msr = intercept.msr;
    body.rdx = intercept.value >> 32;
    body.rax = static_cast<u32>(intercept.value);
    return post(vp, TLFS_MESSAGE_X64_MSR_INTERCEPT, body);
}

}  // namespace hypervisor
