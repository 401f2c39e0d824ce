// SPDX-License-Identifier: MIT
#include "hypervisor/tlfs/synthetic_timers.h"

#include <algorithm>
#include <bit>

#include "hypervisor/platform/clock.h"
#include "hypervisor/platform/hpet.h"
#include "hypervisor/tlfs/synic.h"

namespace hypervisor {

namespace {

constexpr u64 set_again = 1;  // a time that is over: WakeUp::at differs from any other

bool is_timer_msr(Vtl vtl, u32 msr) {
    return vtl == Vtl::Vtl1 && msr >= TLFS_MSR_STIMER0_CONFIG && msr <= TLFS_MSR_STIMER3_COUNT &&
           hpet::is_usable();
}

usize timer_of(u32 msr) {
    return (msr - TLFS_MSR_STIMER0_CONFIG) / 2;
}

bool is_count(u32 msr) {
    return (msr - TLFS_MSR_STIMER0_CONFIG) % 2 != 0;
}

bool post_expiration(Vp& vp, usize index, u64 now) {
    const SyntheticTimer& timer = vp.of(Vtl::Vtl1).timers[index];
    const tlfs_timer_expired body{static_cast<u32>(index), 0, timer.expired, now};
    const auto bytes = std::bit_cast<std::array<u8, sizeof(body)>>(body);
    return post_message(vp, timer.sint(), TLFS_MESSAGE_TIMER_EXPIRED, bytes);
}

void run_timer(Vp& vp, usize index, u64 now) {
    VtlContext& vtl1 = vp.of(Vtl::Vtl1);
    SyntheticTimer& timer = vtl1.timers[index];
    if (timer.expire(now)) {
        if (timer.has(TLFS_STIMER_DIRECT)) {
            vtl1.apic.request_here(timer.vector(), false);
        } else {
            timer.is_undelivered = true;
        }
    }
    if (timer.is_undelivered && post_expiration(vp, index, now)) {
        timer.is_undelivered = false;
    }
}

void set_wake_up(Vp& vp, u64 at, u64 now) {
    if (vp.wake_up.at == at) {
        return;
    }
    vp.wake_up.at = at;
    if (at == 0) {
        hpet::disarm(vp.index);
        return;
    }
    vp.wake_up.may_come = true;
    hpet::arm(vp.index, vp.apic_id, at - now);
}

}  // namespace

std::optional<u64> read_timer_msr(const Vp& vp, Vtl vtl, u32 msr) {
    if (!is_timer_msr(vtl, msr)) {
        return std::nullopt;
    }
    const SyntheticTimer& timer = vp.vtl[static_cast<usize>(Vtl::Vtl1)].timers[timer_of(msr)];
    return is_count(msr) ? timer.count : timer.config;
}

bool write_timer_msr(Vp& vp, Vtl vtl, u32 msr, u64 value) {
    if (!is_timer_msr(vtl, msr)) {
        return false;
    }
    SyntheticTimer& timer = vp.of(Vtl::Vtl1).timers[timer_of(msr)];
    const u64 now = clock::reference_time();
    if (!is_count(msr)) {
        return timer.write_config(value, now);
    }
    timer.write_count(value, now);
    return true;
}

void run_timers(Vp& vp) {
    const auto& timers = vp.of(Vtl::Vtl1).timers;
    const auto is_busy = [](const SyntheticTimer& timer) {
        return timer.next != 0 || timer.is_undelivered;
    };
    if (vp.wake_up.at == 0 && std::ranges::none_of(timers, is_busy)) {
        return;
    }
    const u64 now = clock::reference_time();
    u64 next = timer_never;
    for (usize i = 0; i < timer_count; ++i) {
        run_timer(vp, i, now);
        next = timers[i].next != 0 ? std::min(next, timers[i].next) : next;
    }
    set_wake_up(vp, next == timer_never ? 0 : next, now);
}

bool take_wake_up(Vp& vp, bool was_kick) {
    WakeUp& wake_up = vp.wake_up;
    // It may have gone off too early, for the two clocks are not one, or have merged with a kick.
    wake_up.at = wake_up.at == 0 ? 0 : set_again;
    if (was_kick) {
        return true;
    }
    const bool was_ours = wake_up.may_come;
    wake_up.may_come = wake_up.at != 0;
    return was_ours;
}

}  // namespace hypervisor
