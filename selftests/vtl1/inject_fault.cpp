// SPDX-License-Identifier: MIT
#include "selftests/vtl1/inject_fault.h"

#include "selftests/vtl1/calls.h"
#include "selftests/vtl1/faults.h"
#include "selftests/vtl1/intercept_registers.h"
#include "selftests/vtl1/interrupts.h"
#include "vtl1/arch/cpu.h"
#include "vtl1/lock.h"
#include "vtl1/mm/pointer.h"
#include "vtl1/vtl/test_seam.h"

namespace selftest {

namespace {

using base::u32;
using base::u64;
using vtl1::LockRank;

constinit std::atomic<bool> fault_in_intercept{false};
constinit std::atomic<bool> fault_in_nmi{false};
constinit std::atomic<u32> waiter_count{0};
constinit vtl1::Locked<int, LockRank::Test> held_lock;
constinit vtl1::Locked<int, LockRank::Random> lower_lock;

constexpr u64 wait_loops_max = 2'000'000;

void fault_holding_lock() {
    auto held = held_lock.lock();
    for (u64 i = 0; i < wait_loops_max && waiter_count.load(std::memory_order_relaxed) == 0; ++i) {
        base::cpu_relax();
    }
    null_dereference();
}

void wait_for_lock() {
    waiter_count.fetch_add(1, std::memory_order_relaxed);
    auto held = held_lock.lock();
}

void break_lock_order() {
    auto held = held_lock.lock();
    auto lower = lower_lock.lock();
}

void raise_nmi() {
    // SAFETY: the handler counts and goes back.
    asm volatile("int $2" : : : "memory");
}

void fault_in_next_nmi() {
    fault_in_nmi.store(true, std::memory_order_relaxed);
    raise_nmi();
}

void fault_in_next_intercept() {
    fault_in_intercept.store(true, std::memory_order_relaxed);
}

// The report goes to a page that is not there.
void fault_while_failing() {
    vtl1::this_cpu().crash_text = vtl1::pointer_to<base::PageBytes>(base::Hva{base::page_size});
    null_dereference();
}

using Fault = void (*)();

constexpr std::array<Fault, SELFTEST_FAULT_MAX + 1> faults{
    nullptr,
    null_dereference,         // 1
    write_text,               // 2
    write_read_only_data,     // 3
    execute_data,             // 4
    stack_overflow,           // 5
    wrong_function_type,      // 6
    stack_smash,              // 7
    divide_error,             // 8
    invalid_opcode,           // 9
    panic,                    // 10
    index_out_of_range,       // 11
    fault_holding_lock,       // 12
    wait_for_lock,            // 13
    break_lock_order,         // 14
    fault_in_next_intercept,  // 15
    raise_nmi,                // 16
    fault_in_next_nmi,        // 17
    machine_check,            // 18
    fault_while_failing,      // 19
};

vtl1::Result<Fault> parse(u64 kind) {
    if (kind == 0 || kind > SELFTEST_FAULT_MAX) {
        return vtl1::fail(vtl1::Error::BadArgument);
    }
    return faults[kind];
}

}  // namespace

vtl1::CallResult inject_fault(base::Untrusted<u64> kind) {
    const Fault fault = TRY(kind.parse(parse));
    fault();
    return 0;
}

}  // namespace selftest

namespace vtl1::test_seam {

void in_boot(u32 vp_count) {
    if (vp_count == SELFTEST_VPS_FAULT_IN_BOOT) {
        selftest::null_dereference();
    }
}

void in_first_entry(u32 vp_count) {
    if (vp_count == SELFTEST_VPS_FAULT_AT_FIRST_ENTRY && this_cpu().vp_index == vp_count - 1) {
        selftest::null_dereference();
    }
}

void in_intercept() {
    selftest::count_interrupts();
    selftest::see_intercept();
    if (selftest::fault_in_intercept.load(std::memory_order_relaxed)) {
        selftest::null_dereference();
    }
}

void in_nmi() {
    if (selftest::fault_in_nmi.load(std::memory_order_relaxed)) {
        selftest::null_dereference();
    }
}

}  // namespace vtl1::test_seam
