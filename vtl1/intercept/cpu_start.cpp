// SPDX-License-Identifier: MIT
#include "vtl1/intercept/cpu_start.h"

#include <limits>

#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "policies/cpu_start.h"
#include "vtl1/arch/cpuid.h"
#include "vtl1/intercept/intercept_message.h"
#include "vtl1/intercept/pins.h"
#include "vtl1/intercept/start_state.h"
#include "vtl1/log/log.h"
#include "vtl1/sections.h"
#include "vtl1/vtl/phase.h"

namespace vtl1 {

namespace {

using policies::StartTrust;
using policies::StartVector;
using policies::StartVectors;

RO_AFTER_BOOT_ZEROED constinit bool is_intercepting = false;

/// Where VTL0 started CPUs while it was trusted: its trampoline.
constinit std::array<std::atomic<u64>, std::tuple_size_v<decltype(StartVectors::words)>>
    known_vectors{};

constinit std::atomic<u64> starts{0};
constinit std::atomic<u64> refusals{0};

// Relaxed: each bit stands for itself, and is never cleared.
void remember(StartVector vector) {
    const auto raw = static_cast<u8>(vector);
    known_vectors[raw / 64].fetch_or(u64{1} << (raw % 64), std::memory_order_relaxed);
}

StartVectors known() {
    StartVectors set;
    for (usize i = 0; i < set.words.size(); ++i) {
        set.words[i] = known_vectors[i].load(std::memory_order_relaxed);
    }
    return set;
}

StartTrust trust_of(Phase phase) {
    return phase == Phase::Boot ? StartTrust::Boot : StartTrust::Sealed;
}

/// Puts VTL0 of this VP at its start and lets it run when VTL1 returns. What must hold on a VP
/// before VTL0's first instruction there comes before the last step.
/// @return Error::HypervisorFailed; VTL0 goes on waiting
Result<void> start_vtl0(Cpu& cpu, StartVector vector) {
    TRY(hv::set_vp_registers(cpu.port, hv::Vtl::Vtl0, start_state(vector)));
    TRY(arm_pins_at_start(cpu));
    cpu.entry_frame() = EntryFrame{};
    cpu.entry_frame().rdx = cpuid(1).eax;  // what INIT leaves in EDX
    cpu.waits_for_start.store(false, std::memory_order_relaxed);
    return hv::set_vp_register(cpu.port, hv::Vtl::Vtl0, TLFS_REG_INTERNAL_ACTIVITY_STATE, {});
}

void log_refusal(const Cpu& cpu, const Result<StartVector>& vector) {
    const u64 count = refusals.fetch_add(1, std::memory_order_relaxed) + 1;
    if (!is_worth_logging(count)) {
        return;
    }
    if (vector.has_value()) {
        log("denied: start of VP ", u64{cpu.vp_index}, " at vector ",
            base::Hex{static_cast<u8>(*vector)}, ", number ", count);
    } else {
        log("denied: start of VP ", u64{cpu.vp_index}, ", number ", count);
    }
}

}  // namespace

void allow_start_at(Gpa page) {
    if (page.page_number() <= std::numeric_limits<u8>::max()) {
        remember(StartVector{static_cast<u8>(page.page_number())});
    }
}

// The other fields keep their values: those that can be written once have been.
void intercept_cpu_starts(const hv::HypercallPort& port) {
    using Config = hv::VsmPartitionConfig;
    const auto before = hv::get_register<Config>(port, hv::Vtl::Vtl1);
    if (before.has_value() &&
        hv::set_register(port, hv::Vtl::Vtl1, before->with(Config::intercept_vp_startup, true))
            .has_value()) {
        const auto after = hv::get_register<Config>(port, hv::Vtl::Vtl1);
        is_intercepting = after.has_value() && after->get(Config::intercept_vp_startup);
    }
    if (!is_intercepting) {
        log("boot: the hypervisor intercepts no start of a CPU");
    }
}

bool are_cpu_starts_intercepted() {
    return is_intercepting;
}

void handle_cpu_start(Cpu& cpu, const tlfs_message& message) {
    const Result<StartVector> vector = parse_start_intercept(message, cpu.vp_index);
    const StartTrust trust = trust_of(current_phase());
    if (!vector.has_value() || !policies::may_start(*vector, trust, known()) ||
        !start_vtl0(cpu, *vector).has_value()) {
        log_refusal(cpu, vector);
        return;
    }
    if (trust == StartTrust::Boot) {
        remember(*vector);
    }
    const u64 count = starts.fetch_add(1, std::memory_order_relaxed) + 1;
    if (is_worth_logging(count)) {
        log("VP ", u64{cpu.vp_index}, " starts at vector ", base::Hex{static_cast<u8>(*vector)},
            ", number ", count);
    }
}

}  // namespace vtl1
