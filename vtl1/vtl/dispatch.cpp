// SPDX-License-Identifier: MIT
#include "vtl1/arch/cpu.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/intercept/intercept.h"
#include "vtl1/vtl/assist.h"
#include "vtl1/vtl/call.h"
#include "vtl1/vtl/test_seam.h"

// From entry.S: answers one entry. Returns the VTL return control input.
extern "C" base::u64 vtl1_dispatch(vtl1::EntryFrame* frame);

base::u64 vtl1_dispatch(vtl1::EntryFrame* frame) {
    vtl1::Cpu& cpu = vtl1::this_cpu();
    if (vtl1::entry_reason(cpu) == TLFS_VTL_ENTRY_CALL) {
        // One writer; the status call reads it from other CPUs.
        cpu.calls.store(cpu.calls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        vtl1::answer_call(*frame);
        return TLFS_VTL_RETURN_FAST;
    }
    vtl1::test_seam::in_intercept();
    vtl1::open_interrupt_window();
    vtl1::handle_intercept(cpu);
    return vtl1::prepare_normal_return(cpu, *frame);
}
