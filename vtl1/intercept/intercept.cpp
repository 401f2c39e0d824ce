// SPDX-License-Identifier: MIT
#include "vtl1/intercept/intercept.h"

#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/intercept/message_slot.h"
#include "vtl1/log/log.h"
#include "vtl1/log/witness.h"

namespace vtl1 {

namespace {

// VTL0's RIP stays at the instruction, so the fault is that instruction's.
Result<void> deny(const hv::HypercallPort& port) {
    return hv::set_register(port, hv::Vtl::Vtl0, hv::general_protection);
}

const char* name_of(Access access) {
    switch (access) {
        case Access::Read:
            return "read";
        case Access::Write:
            return "write";
        case Access::Execute:
            return "execute";
    }
    __builtin_trap();
}

constinit std::atomic<u64> odd_messages{0};

// The hypervisor sends no other kind while VTL1 asks for none.
void log_odd_message(u32 type) {
    const u64 count = odd_messages.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_worth_logging(count)) {
        log("denied: message type ", base::Hex{type}, ", number ", count);
    }
}

constinit std::atomic<u64> refused_faults{0};

void log_refused_fault() {
    const u64 count = refused_faults.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_worth_logging(count)) {
        log("denied: the hypervisor refused the fault, number ", count);
    }
}

void log_denial(const MemoryIntercept& intercept, u64 count) {
    if (is_worth_logging(count)) {
        log("denied: ", name_of(intercept.access), " of ", base::Hex{intercept.gpa.raw()},
            " from rip ", base::Hex{intercept.rip}, ", number ", count);
    }
}

}  // namespace

void handle_intercept(Cpu& cpu) {
    const Result<tlfs_message> message = take_message(cpu);
    if (!message.has_value()) {
        return;
    }
    const Result<MemoryIntercept> intercept = parse_memory_intercept(*message);
    if (intercept.has_value()) {
        log_denial(*intercept, count_denial(intercept->access));
        witness(WITNESS_POLICY_OWN_MEMORY, static_cast<u16>(intercept->access), intercept->rip,
                intercept->gpa);
    } else {
        log_odd_message(message->header.type);
    }
    if (!deny(cpu.port).has_value()) {
        log_refused_fault();
    }
}

void deny_intercept_out_of_service(Cpu& cpu) {
    const Result<tlfs_message> message = take_message(cpu);
    if (!message.has_value()) {
        return;
    }
    const Result<MemoryIntercept> intercept = parse_memory_intercept(*message);
    if (intercept.has_value()) {
        count_denial(intercept->access);
    }
    if (!deny(cpu.failure_port).has_value()) {
        return;  // nobody is left to hear of it; VTL0 tries again and comes back here
    }
}

}  // namespace vtl1
