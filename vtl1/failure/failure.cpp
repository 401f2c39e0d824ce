// SPDX-License-Identifier: MIT
#include "vtl1/failure/failure.h"

#include "hvcall/abi/vtl_call.h"
#include "vtl1/arch/instructions.h"
#include "vtl1/failure/report.h"
#include "vtl1/failure/secrets.h"
#include "vtl1/failure/service.h"
#include "vtl1/intercept/intercept.h"
#include "vtl1/vtl/assist.h"
#include "vtl1/vtl/test_seam.h"

extern "C" {

// In entry.S.
[[noreturn]] void vtl1_go_out_of_service();
[[noreturn]] void vtl1_return_minimally();
[[noreturn]] void vtl1_return_barely();

// From exceptions.S and entry.S.
[[noreturn]] void vtl1_on_exception(const vtl1::ExceptionFrame* frame);
void vtl1_on_nmi();
base::u64 vtl1_answer_out_of_service(vtl1::EntryFrame* frame);
}

namespace vtl1 {

void leave_to_vtl0(Cpu& cpu) {
    cpu.trouble = Trouble::Failing;
    cpu.failure_frame() = cpu.entry_frame();
    vtl1_go_out_of_service();
}

}  // namespace vtl1

// Every exception in VTL1 is a defect of VTL1's or of the machine: traps of kCFI and of hardened
// library code, panics and stack protector failures come here as invalid opcodes.
void vtl1_on_exception(const vtl1::ExceptionFrame* frame) {
    using vtl1::Trouble;
    const vtl1::u64 fault_address = vtl1::read_cr2();
    vtl1::Cpu& cpu = vtl1::this_cpu();
    if (cpu.trouble == Trouble::Failing) {
        cpu.trouble = Trouble::FailingAgain;
        vtl1_return_minimally();
    }
    if (cpu.trouble == Trouble::FailingAgain) {
        vtl1_return_barely();
    }
    cpu.trouble = Trouble::Failing;
    cpu.failure_frame() = cpu.entry_frame();
    vtl1::end_service(VTL_STATUS_FAILED);
    vtl1::wipe_secrets();
    vtl1::report_failure(cpu, *frame, fault_address);
    vtl1_go_out_of_service();
}

void vtl1_on_nmi() {
    vtl1::this_cpu().nmis.fetch_add(1, std::memory_order_relaxed);
    vtl1::test_seam::in_nmi();
}

// Takes no lock and uses no memory but this CPU's.
base::u64 vtl1_answer_out_of_service(vtl1::EntryFrame* frame) {
    vtl1::Cpu& cpu = vtl1::this_cpu();
    cpu.trouble = vtl1::Trouble::Failing;
    if (vtl1::entry_reason(cpu) == TLFS_VTL_ENTRY_CALL) {
        frame->r8 = vtl1::out_of_service_status();
        frame->r9 = 0;
        return TLFS_VTL_RETURN_FAST;
    }
    vtl1::open_interrupt_window();
    vtl1::deny_intercept_out_of_service(cpu);
    return vtl1::prepare_normal_return(cpu, *frame);
}
