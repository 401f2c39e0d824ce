// SPDX-License-Identifier: MIT
#include "vtl1/intercept/pins.h"

#include "hvcall/vp_registers.h"
#include "hvcall/vsm_registers.h"
#include "policies/pin_checks.h"
#include "vtl1/arch/cpuid.h"
#include "vtl1/lock.h"
#include "vtl1/log/log.h"

namespace vtl1 {

namespace {

using policies::Pin;
using policies::PinInfo;
using policies::PinnedRegisters;

/// What all VPs have the same, as the first one had it.
constinit Locked<PinnedRegisters, LockRank::Seal> shared_values;

PinnedRegisters shared_part(const PinnedRegisters& pins) {
    PinnedRegisters part{};
    for (const PinInfo& info : policies::pin_infos()) {
        if (info.is_shared_value && pins.knows(info.pin)) {
            part.learn(info.pin, pins.value_of(info.pin));
        }
    }
    return part;
}

/// The first register of `known` that `found` lacks or has another value of.
const PinInfo* first_difference(const PinnedRegisters& known, const PinnedRegisters& found) {
    for (const PinInfo& info : policies::pin_infos()) {
        const Pin pin = info.pin;
        const bool is_same =
            !known.knows(pin) ||
            (found.knows(pin) && policies::agrees(pin, found.value_of(pin), known.value_of(pin)));
        if (!is_same) {
            return &info;
        }
    }
    return nullptr;
}

/// Makes the shared values those of this VP if it is the first.
const PinInfo* compare_or_share(const PinnedRegisters& found) {
    const PinnedRegisters shared = shared_part(found);
    auto locked = shared_values.lock();
    if (locked->known == 0) {
        *locked = shared;
    }
    // Both ways: neither may lack what the other has.
    const PinInfo* const missing = first_difference(shared, *locked);
    return missing != nullptr ? missing : first_difference(*locked, shared);
}

/// XCR0 is left out where there is none to be written.
Result<PinnedRegisters> read_registers(const hv::HypercallPort& port) {
    PinnedRegisters found{};
    for (const PinInfo& info : policies::pin_infos()) {
        const auto value = hv::get_vp_register(port, hv::Vtl::Vtl0, info.register_name);
        if (value.has_value()) {
            found.learn(info.pin, *value);
        } else if (info.pin != Pin::Xcr0) {
            log("pin: ", info.name, " cannot be read");
            return fail(Error::HypervisorFailed);
        }
    }
    return found;
}

void log_refusal(const Cpu& cpu, const PinInfo& info, tlfs_register_value value, const char* why) {
    log("pin: refused on VP ", u64{cpu.vp_index}, ": ", info.name, " is ", base::Hex{value.low},
        " ", base::Hex{value.high}, ", ", why);
}

Result<void> check_fit(const Cpu& cpu, const PinnedRegisters& found) {
    const CpuFeatures features = CpuFeatures::read();
    const policies::PinTraits traits{.has_smep = features.has_smep,
                                     .has_smap = features.has_smap,
                                     .has_umip = features.has_umip};
    for (const PinInfo& info : policies::pin_infos()) {
        const tlfs_register_value value = found.value_of(info.pin);
        if (found.knows(info.pin) && !policies::is_fit_to_pin(info.pin, value, traits)) {
            log_refusal(cpu, info, value, "not fit to be pinned");
            return fail(Error::Refused);
        }
    }
    return {};
}

Result<void> check_same(const Cpu& cpu, const PinnedRegisters& found) {
    const PinInfo* info = first_difference(cpu.pins, found);
    const char* why = "not what it was pinned to";
    if (info == nullptr) {
        info = compare_or_share(found);
        why = "not as on other VPs";
    }
    if (info != nullptr) {
        log_refusal(cpu, *info, found.value_of(info->pin), why);
        return fail(Error::Refused);
    }
    return {};
}

template <class Reg>
Result<void> set_and_check(const hv::HypercallPort& port, Reg value) {
    TRY(hv::set_register(port, hv::Vtl::Vtl1, value));
    const Reg now = TRY(hv::get_register<Reg>(port, hv::Vtl::Vtl1));
    return now == value ? Result<void>{} : fail(Error::HypervisorFailed);
}

/// The masks first: with an event armed and no mask nothing would be asked.
Result<void> arm(const hv::HypercallPort& port, const PinnedRegisters& pins) {
    u64 events = 0;
    for (const PinInfo& info : policies::pin_infos()) {
        events |= pins.knows(info.pin) ? info.event : 0;
    }
    TRY(set_and_check(port, hv::CrInterceptCr0Mask::from_raw(policies::cr0_pinned)));
    TRY(set_and_check(port, hv::CrInterceptCr4Mask::from_raw(policies::cr4_pinned)));
    return set_and_check(port, hv::CrInterceptControl::from_raw(events));
}

}  // namespace

Result<void> pin_registers(Cpu& cpu) {
    if (cpu.is_pinned.load(std::memory_order_relaxed)) {
        return {};
    }
    PinnedRegisters found = TRY(read_registers(cpu.port));
    TRY(check_fit(cpu, found));
    TRY(check_same(cpu, found));
    TRY(arm(cpu.port, found));
    found.locked = found.known;
    cpu.pins = found;
    cpu.is_pinned.store(true, std::memory_order_relaxed);
    return {};
}

Result<void> arm_pins_at_start(Cpu& cpu) {
    PinnedRegisters pins = cpu.pins.known != 0 ? cpu.pins : *shared_values.lock();
    if (pins.known == 0) {
        return {};
    }
    pins.locked = 0;
    for (const PinInfo& info : policies::pin_infos()) {
        if (!pins.knows(info.pin)) {
            continue;
        }
        const auto now = TRY(hv::get_vp_register(cpu.port, hv::Vtl::Vtl0, info.register_name));
        if (policies::agrees(info.pin, now, pins.value_of(info.pin))) {
            pins.lock(info.pin);
        }
    }
    TRY(arm(cpu.port, pins));
    cpu.pins = pins;
    cpu.is_pinned.store(pins.is_pinned(), std::memory_order_relaxed);
    return {};
}

}  // namespace vtl1
