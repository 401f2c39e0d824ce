// SPDX-License-Identifier: MIT
#include "selftests/vtl1/calls.h"

#include "selftests/vtl1/crypto.h"
#include "selftests/vtl1/frames.h"
#include "selftests/vtl1/inject_fault.h"
#include "selftests/vtl1/intercept_registers.h"
#include "selftests/vtl1/interrupts.h"
#include "selftests/vtl1/other_vps.h"
#include "selftests/vtl1/protect.h"
#include "selftests/vtl1/test_registers.h"
#include "vtl1/mm/memory.h"
#include "vtl1/vtl/call.h"
#include "vtl1/vtl/test_seam.h"

namespace selftest {

namespace {

vtl1::CallResult free_frames() {
    return vtl1::frame_pool.free_count();
}

#define CALL(id, name) vtl1::row<name>(id, #name, vtl1::Phase::Sealed, name)

constexpr std::array calls{
    CALL(SELFTEST_CALL_INJECT_FAULT, inject_fault),
    CALL(SELFTEST_CALL_TEST_REGISTERS, test_registers),
    CALL(SELFTEST_CALL_FREE_FRAMES, free_frames),
    CALL(SELFTEST_CALL_PROTECT, protect),
    CALL(SELFTEST_CALL_ARM_INTERCEPTS, arm_intercepts),
    CALL(SELFTEST_CALL_LAST_INTERCEPT, last_intercept),
    CALL(SELFTEST_CALL_CHANGE_FRAMES, change_frames),
    CALL(SELFTEST_CALL_FRAME_STATE, frame_state),
    CALL(SELFTEST_CALL_FRAME_TOTAL, frame_total),
    CALL(SELFTEST_CALL_CLOSE_KERNEL_EXECUTION, close_kernel_execution),
    CALL(SELFTEST_CALL_CRYPTO, run_crypto),
    CALL(SELFTEST_CALL_START_TIMER, start_timer),
    CALL(SELFTEST_CALL_SEND_IPI, send_ipi),
    CALL(SELFTEST_CALL_INTERRUPT_TWICE, interrupt_twice),
    CALL(SELFTEST_CALL_TAKE_INTERRUPTS, take_interrupts),
    CALL(SELFTEST_CALL_GET_TSC_AUX, get_tsc_aux),
    CALL(SELFTEST_CALL_SET_TSC_AUX, set_tsc_aux),
    CALL(SELFTEST_CALL_ENABLE_VP, enable_vp),
    CALL(SELFTEST_CALL_START_VTL1, start_vtl1),
    CALL(SELFTEST_CALL_START_VTL0, start_vtl0),
    CALL(SELFTEST_CALL_SUSPEND_VTL0, suspend_vtl0),
};

#undef CALL

}  // namespace

}  // namespace selftest

namespace vtl1::test_seam {

std::span<const Call> extra_calls() {
    return selftest::calls;
}

}  // namespace vtl1::test_seam
