// SPDX-License-Identifier: MIT
#include "vtl1/intercept/register_intercept.h"

#include "hvcall/abi/manifest.h"
#include "hvcall/vp_registers.h"
#include "vtl1/log/log.h"
#include "vtl1/log/witness.h"
#include "vtl1/mm/vtl0_linear.h"

namespace vtl1 {

namespace {

using policies::Pin;
using policies::WriteDecision;

// Relaxed: each counter stands for itself.
constinit std::array<std::atomic<u64>, policies::pin_count> denied_writes{};
constinit std::atomic<u64> allowed_writes{0};

Result<u64> read_vtl0(const hv::HypercallPort& port, u32 name) {
    const tlfs_register_value value = TRY(hv::get_vp_register(port, hv::Vtl::Vtl0, name));
    return value.low;
}

Result<Vtl0Translation> read_translation(const hv::HypercallPort& port) {
    const u64 cr0 = TRY(read_vtl0(port, TLFS_REG_CR0));
    const u64 cr3 = TRY(read_vtl0(port, TLFS_REG_CR3));
    const u64 cr4 = TRY(read_vtl0(port, TLFS_REG_CR4));
    const u64 efer = TRY(read_vtl0(port, TLFS_REG_EFER));
    return Vtl0Translation{.cr0 = cr0, .cr3 = cr3, .cr4 = cr4, .efer = efer};
}

/// What LGDT and LIDT read: a limit of 16 bits and a base of 32 or 64. In 16-bit code the base
/// could be of 24; Linux never uses that form.
/// @source AMD APM vol. 3, LGDT
tlfs_register_value table_from(std::span<const std::byte> operand, bool is_64_bit_code) {
    const u64 limit = base::load_wire<u16>(operand, 0);
    const u64 base = is_64_bit_code ? base::load_wire<u64>(operand, sizeof(u16))
                                    : base::load_wire<u32>(operand, sizeof(u16));
    return {.low = limit << 48, .high = base};
}

/// The hypervisor says only where it lies. VTL0 may change it after this has looked; what counts is
/// what was seen here, since it is VTL1 that loads the register.
Result<tlfs_register_value> read_operand(Cpu& cpu, const RegisterIntercept& intercept) {
    std::array<std::byte, sizeof(u16) + sizeof(u64)> operand{};
    const Vtl0Translation paging = TRY(read_translation(cpu.port));
    const bool is_selector = intercept.pin == Pin::Tr;
    const usize base_size = intercept.is_64_bit_code ? sizeof(u64) : sizeof(u32);
    const auto used = std::span{operand}.first(is_selector ? sizeof(u16) : sizeof(u16) + base_size);
    TRY(copy_from_vtl0_linear(paging, intercept.value.low, used));
    if (is_selector) {
        return tlfs_register_value{.low = 0, .high = u64{base::load_wire<u16>(operand, 0)} << 32};
    }
    return table_from(operand, intercept.is_64_bit_code);
}

Result<tlfs_register_value> wanted_value(Cpu& cpu, const RegisterIntercept& intercept) {
    if (intercept.is_in_memory) {
        return read_operand(cpu, intercept);
    }
    return intercept.value;
}

Result<void> apply(Cpu& cpu, const RegisterIntercept& intercept, tlfs_register_value value) {
    TRY(hv::set_vp_register(cpu.port, hv::Vtl::Vtl0, policies::info_of(intercept.pin).register_name,
                            value));
    return hv::set_vp_register(cpu.port, hv::Vtl::Vtl0, TLFS_REG_RIP,
                               {.low = intercept.next_rip, .high = 0});
}

/// Once it has its pinned value it keeps it.
void lock_if_reached(Cpu& cpu, Pin pin, tlfs_register_value value) {
    if (policies::agrees(pin, value, cpu.pins.value_of(pin))) {
        cpu.pins.lock(pin);
        cpu.is_pinned.store(cpu.pins.is_pinned(), std::memory_order_relaxed);
    }
}

/// @return Error::Refused if it is not allowed, or why the operand or a register was out of reach
Result<void> judge_and_apply(Cpu& cpu, const RegisterIntercept& intercept) {
    const Pin pin = intercept.pin;
    const tlfs_register_value wanted = TRY(wanted_value(cpu, intercept));
    const WriteDecision decision = policies::decide_write(cpu.pins, pin, wanted);
    if (decision == WriteDecision::Deny) {
        return fail(Error::Refused);
    }
    const auto& value = decision == WriteDecision::KeepPinned ? cpu.pins.value_of(pin) : wanted;
    TRY(apply(cpu, intercept, value));
    lock_if_reached(cpu, pin, value);
    return {};
}

u64 shown_value(const RegisterIntercept& intercept) {
    const bool is_selector = intercept.pin == Pin::Tr && !intercept.is_in_memory;
    return is_selector ? intercept.value.high >> 32 & 0xffff : intercept.value.low;
}

void log_denial(const RegisterIntercept& intercept, u64 count) {
    if (is_worth_logging(count)) {
        log("denied: write of ", policies::info_of(intercept.pin).name, ", ",
            intercept.is_in_memory ? "operand at " : "value ", base::Hex{shown_value(intercept)},
            " from rip ", base::Hex{intercept.rip}, ", number ", count);
    }
}

}  // namespace

RegisterWriteCounts register_write_counts() {
    RegisterWriteCounts counts{.denied = 0,
                               .allowed = allowed_writes.load(std::memory_order_relaxed)};
    for (const std::atomic<u64>& one : denied_writes) {
        counts.denied += one.load(std::memory_order_relaxed);
    }
    return counts;
}

u64 count_denied_write(Pin pin) {
    return denied_writes[static_cast<usize>(pin)].fetch_add(1, std::memory_order_relaxed) + 1;
}

bool answer_register_write(Cpu& cpu, const RegisterIntercept& intercept) {
    if (judge_and_apply(cpu, intercept).has_value()) {
        allowed_writes.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    witness(MANIFEST_POLICY_REGISTERS, static_cast<u16>(intercept.pin), intercept.rip, Gpa{},
            shown_value(intercept));
    log_denial(intercept, count_denied_write(intercept.pin));
    return false;
}

}  // namespace vtl1
