// SPDX-License-Identifier: MIT
#include "vtl1/arch/cpu.h"

#include "vtl1/arch/instructions.h"
#include "vtl1/arch/port.h"
#include "vtl1/mm/pointer.h"

namespace vtl1 {

static_assert(__builtin_offsetof(Cpu, self) == CPU_SELF);
static_assert(__builtin_offsetof(Cpu, entry_stack_top) == CPU_ENTRY_STACK_TOP);
static_assert(__builtin_offsetof(Cpu, failure_stack_top) == CPU_FAILURE_STACK_TOP);
static_assert(__builtin_offsetof(Cpu, assist) == CPU_ASSIST);
static_assert(__builtin_offsetof(tlfs_vp_assist, vtl_entry_reason) == ASSIST_ENTRY_REASON);
static_assert(__builtin_offsetof(tlfs_vp_assist, vtl_return_rax) == ASSIST_RETURN_RAX);
static_assert(__builtin_offsetof(tlfs_vp_assist, vtl_return_rcx) == ASSIST_RETURN_RCX);

EntryFrame& Cpu::entry_frame() const {
    return *pointer_to<EntryFrame>(Hva{entry_stack_top.raw() - sizeof(EntryFrame)});
}

EntryFrame& Cpu::failure_frame() const {
    return *pointer_to<EntryFrame>(Hva{failure_stack_top.raw() - sizeof(EntryFrame)});
}

const hv::HypercallPort& hypercall_port() {
    return this_cpu().port;
}

void Cpu::load() {
    self = this;
    write_msr(GsBaseMsr::from_raw(address_of(this).raw()));
    load_descriptor_tables(tables);
}

}  // namespace vtl1
