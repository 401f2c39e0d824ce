// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <bit>

#include "base/types.h"

namespace hypervisor {

using base::u32;
using base::u64;
using base::u8;
using base::usize;

/// 256 bits, one to an interrupt vector, as IRR, ISR and TMR hold them. Any CPU may insert: what it
/// did before is seen by the CPU that then finds the vector.
/// @source Intel SDM vol. 3A, figure 11-20
class VectorSet {
public:
    static constexpr usize word_count = 8;

    /// @return true if it was not there
    bool insert(u8 vector) {
        return (words_[vector / 32].fetch_or(bit(vector)) & bit(vector)) == 0;
    }

    /// @return true if it was there
    bool erase(u8 vector) {
        return (words_[vector / 32].fetch_and(~bit(vector)) & bit(vector)) != 0;
    }

    void clear() {
        for (std::atomic<u32>& word : words_) {
            word.store(0);
        }
    }

    /// 0 if there is none: vectors below 16 do not exist.
    u8 highest() const {
        for (usize i = word_count; i-- > 0;) {
            if (const u32 word = words_[i].load(); word != 0) {
                return static_cast<u8>(i * 32 + static_cast<usize>(std::bit_width(word)) - 1);
            }
        }
        return 0;
    }

    /// Vectors 32 * index to 32 * index + 31. @param index  below word_count
    u32 word(usize index) const { return words_[index].load(); }

private:
    static constexpr u32 bit(u8 vector) { return 1U << vector % 32; }

    std::array<std::atomic<u32>, word_count> words_{};
};

}  // namespace hypervisor
