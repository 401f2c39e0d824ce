// SPDX-License-Identifier: MIT
#include "vtl1/intercept/intercept.h"

#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "vtl1/intercept/cpu_start.h"
#include "vtl1/intercept/denials.h"
#include "vtl1/intercept/memory_access.h"
#include "vtl1/intercept/message_slot.h"
#include "vtl1/intercept/register_intercept.h"
#include "vtl1/log/log.h"

namespace vtl1 {

namespace {

// VTL0's RIP stays at the instruction, so the fault is that instruction's.
Result<void> deny(const hv::HypercallPort& port) {
    return hv::set_register(port, hv::Vtl::Vtl0, hv::general_protection);
}

constinit std::atomic<u64> odd_messages{0};

// The hypervisor sends no kind that VTL1 does not ask for.
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

/// @return whether VTL0 has got what it wanted; if not, the denial is counted and logged
bool answer(Cpu& cpu, const tlfs_message& message) {
    const Result<MemoryIntercept> access = parse_memory_intercept(message);
    if (access.has_value()) {
        return answer_memory_access(cpu, *access);
    }
    const Result<RegisterIntercept> write = parse_register_intercept(message);
    if (write.has_value()) {
        return answer_register_write(cpu, *write);
    }
    log_odd_message(message.header.type);
    return false;
}

}  // namespace

void handle_intercept(Cpu& cpu) {
    const Result<tlfs_message> message = take_message(cpu);
    if (!message.has_value()) {
        return;
    }
    if (message->header.type == TLFS_MESSAGE_SIPI_INTERCEPT) {
        handle_cpu_start(cpu, *message);
        return;
    }
    if (answer(cpu, *message)) {
        return;
    }
    if (!deny(cpu.port).has_value()) {
        log_refused_fault();
    }
}

void deny_intercept_out_of_service(Cpu& cpu) {
    const Result<tlfs_message> message = take_message(cpu);
    if (!message.has_value() || message->header.type == TLFS_MESSAGE_SIPI_INTERCEPT) {
        return;  // VTL0 of a VP that was to be started goes on waiting
    }
    const Result<MemoryIntercept> intercept = parse_memory_intercept(*message);
    if (intercept.has_value()) {
        count_denial(intercept->access);
    }
    const Result<RegisterIntercept> write = parse_register_intercept(*message);
    if (write.has_value()) {
        count_denied_write(write->pin);
    }
    if (!deny(cpu.failure_port).has_value()) {
        return;  // nobody is left to hear of it; VTL0 tries again and comes back here
    }
}

}  // namespace vtl1
