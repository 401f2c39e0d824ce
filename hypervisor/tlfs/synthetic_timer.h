// SPDX-License-Identifier: MIT
#pragma once

#include "base/types.h"
#include "hvcall/abi/tlfs_msr.h"

namespace hypervisor {

using base::u32;
using base::u64;
using base::u8;
using base::usize;

inline constexpr usize timer_count = 4;
inline constexpr u64 timer_never = ~u64{0};

/// One synthetic timer. Times are reference times, in units of 100 ns. Expirations of a periodic
/// timer that come while nobody looks become one; its phase stays.
/// @source TLFS, "Synthetic Timers"; tlfs.rst 3.1, B4
struct SyntheticTimer {
    u64 config;           // STIMERn_CONFIG
    u64 count;            // STIMERn_COUNT: a period, or when to expire
    u64 next;             // when it expires next; 0: it does not run
    u64 expired;          // when it expired last
    bool is_undelivered;  // its message waits for the slot

    constexpr bool has(u64 flag) const { return (config & flag) != 0; }

    constexpr u8 vector() const { return static_cast<u8>(config >> TLFS_STIMER_VECTOR_SHIFT); }

    constexpr u32 sint() const { return config >> TLFS_STIMER_SINT_SHIFT & 0xf; }

    /// @return false, and nothing has changed, if reserved bits are set
    constexpr bool write_config(u64 value, u64 now) {
        if ((value & ~TLFS_STIMER_DEFINED) != 0) {
            return false;
        }
        config = value;
        restart(now);
        return true;
    }

    constexpr void write_count(u64 value, u64 now) {
        count = value;
        if (value == 0) {
            config &= ~TLFS_STIMER_ENABLE;
        } else if (has(TLFS_STIMER_AUTO_ENABLE)) {
            config |= TLFS_STIMER_ENABLE;
        }
        restart(now);
    }

    /// @return true if it has expired; a one-shot timer is disabled then
    constexpr bool expire(u64 now) {
        if (next == 0 || now < next) {
            return false;
        }
        expired = next;
        if (has(TLFS_STIMER_PERIODIC)) {
            const u64 behind = (now - next) / count * count;
            next = saturating_sum(next + behind, count);
        } else {
            next = 0;
            config &= ~TLFS_STIMER_ENABLE;
        }
        return true;
    }

private:
    static constexpr u64 saturating_sum(u64 a, u64 b) {
        return a > timer_never - b ? timer_never : a + b;
    }

    constexpr void restart(u64 now) {
        // Messages of timers do not go to the SINT of the intercepts.
        if (sint() == 0 && !has(TLFS_STIMER_DIRECT)) {
            config &= ~TLFS_STIMER_ENABLE;
        }
        is_undelivered = false;
        next = 0;
        if (has(TLFS_STIMER_ENABLE) && count != 0) {
            next = has(TLFS_STIMER_PERIODIC) ? saturating_sum(now, count) : count;
        }
    }
};

/// What a VP knows of the machine's timer that wakes it up for VTL1's timers.
struct WakeUp {
    u64 at;         // set for this reference time; 0: not set
    bool may_come;  // its NMI may still arrive
};

}  // namespace hypervisor
