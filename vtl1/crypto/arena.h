// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>

#include "vtl1/types.h"

namespace vtl1::crypto {

/// A fixed piece of memory from which one cryptographic operation takes what it needs. Which part
/// is taken is kept beside it, not in it. What is given back is wiped, and what is taken is zero.
class Arena {
public:
    static constexpr usize unit_bytes = 64;
    static constexpr usize unit_count = 256;

    constexpr Arena() = default;

    /// @return null if there is no such run of free bytes, or if `bytes` is 0
    void* allocate(usize bytes);

    /// Null is nothing to give back. Stops VTL1 if `memory` is not what allocate() gave.
    void release(void* memory);

    /// Wipes and frees everything.
    void clear();

    /// The most units that were ever taken at once.
    usize peak_units() const { return peak_; }

    /// All of it, for the list of secrets.
    std::span<std::byte> memory() { return std::as_writable_bytes(std::span{units_}); }

private:
    struct alignas(16) Unit {
        std::array<std::byte, unit_bytes> bytes;
    };

    static constexpr usize none = unit_count;

    usize find_free(usize count) const;

    std::array<Unit, unit_count> units_{};
    std::array<u16, unit_count> lengths_{};  // units of the block that begins here; 0: free
    usize lowest_free_ = 0;                  // every unit below is taken
    usize taken_ = 0;
    usize peak_ = 0;
};

}  // namespace vtl1::crypto
