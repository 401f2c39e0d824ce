// SPDX-License-Identifier: MIT
#pragma once

#include "base/lock.h"

namespace vtl1 {

/// The order in which locks may be taken: only upwards. This is the one statement of it.
enum class LockRank : base::u8 {
    Seal = 1,    // the manifest, how far sealing is, what all VPs pin
    Patch = 2,   // patch sites; a store of VTL0's is judged and applied under it
    Ledger = 3,  // states of VTL0's frames
    Random = 4,
    Test = 5,     // self-tests only
    Witness = 6,  // the witness log; an event may be recorded under any lock but the last
    Log = 7,      // last: anything may be logged under any lock
};

/// Gives this CPU's entry up if VTL1 has failed: whoever holds the lock may never release it.
void stop_waiting_if_out_of_service();

/// Like base::SpinLock, but a waiter watches for VTL1's end.
class WatchfulLock {
public:
    void acquire() {
        // Pairs with the release in release(): what the last holder wrote is seen.
        while (taken_.exchange(true, std::memory_order_acquire)) {
            while (taken_.load(std::memory_order_relaxed)) {
                stop_waiting_if_out_of_service();
                base::cpu_relax();
            }
        }
    }

    void release() { taken_.store(false, std::memory_order_release); }

private:
    std::atomic<bool> taken_{false};
};

template <class T, LockRank Rank>
using Locked = base::Locked<T, Rank, WatchfulLock>;

}  // namespace vtl1
