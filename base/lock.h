// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>

#include "base/types.h"

namespace base {

/// Spins with PAUSE, which also lets another virtual CPU run where all of them share one thread
/// (QEMU with thread=single).
inline void cpu_relax() {
    // SAFETY: PAUSE changes no state.
    asm volatile("pause" ::: "memory");
}

/// A lock for short sections with interrupts off. Not recursive; first come, first served, so that
/// no CPU can keep another one out.
class SpinLock {
public:
    void acquire() {
        const u32 ticket = next_.fetch_add(1, std::memory_order_relaxed);
        // Pairs with the release in release(): what the last holder wrote is seen.
        while (serving_.load(std::memory_order_acquire) != ticket) {
            cpu_relax();
        }
    }

    void release() {
        serving_.store(serving_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }

private:
    std::atomic<u32> next_{0};     // the ticket that the next CPU draws
    std::atomic<u32> serving_{0};  // the ticket of the holder
};

/// Called by Locked<> around every section; each image defines them. `enter_rank` stops the machine
/// if this CPU already holds this rank or a higher one; both look at this CPU only.
void enter_rank(u8 rank);
void leave_rank(u8 rank);

/// Data that cannot be reached without its lock. Rank is an enum of the image's own; locks are
/// taken upwards only, and this is checked at run time in every build. `Lock` may be another lock
/// with acquire() and release(), where a waiter has something else to watch.
template <class T, auto Rank, class Lock = SpinLock>
class Locked {
public:
    /// Holds the lock for as long as it lives, and is the only road to the data.
    /// A function that needs the lock held takes a Guard& and so cannot be called without it.
    class [[nodiscard]] Guard {
    public:
        explicit Guard(Locked& owner) : owner_(owner) {
            enter_rank(static_cast<u8>(Rank));
            owner_.lock_.acquire();
        }

        ~Guard() {
            owner_.lock_.release();
            leave_rank(static_cast<u8>(Rank));
        }

        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;

        T* operator->() { return &owner_.data_; }

        T& operator*() { return owner_.data_; }

    private:
        Locked& owner_;
    };

    constexpr Locked() = default;

    Guard lock() { return Guard{*this}; }

private:
    Lock lock_;
    T data_{};
};

}  // namespace base
