// SPDX-License-Identifier: MIT
#pragma once

#include "base/panic.h"
#include "base/types.h"

namespace base {

/// A snapshot of a 64-bit hardware or hypervisor register, with typed fields. Unknown bits are
/// kept. A field of another register does not compile; a value too wide for its field stops the
/// build in a constant expression and the machine elsewhere, and is never cut.
///
/// Fields are written as manuals print them: `Field<bool, 5>`, `Field<u64, 51, 12>`.
template <class Self>
class Register {
public:
    template <class T, unsigned High, unsigned Low = High>
    struct Field {
        static_assert(High < 64 && Low <= High);
        static constexpr unsigned low = Low;
        static constexpr u64 max = High - Low == 63 ? ~u64{0} : (u64{1} << (High - Low + 1)) - 1;
        static constexpr u64 mask = max << Low;
    };

    static constexpr Self from_raw(u64 raw) {
        Self result{};
        result.raw_ = raw;
        return result;
    }

    constexpr u64 raw() const { return raw_; }

    template <class T, unsigned High, unsigned Low>
    constexpr T get(Field<T, High, Low> /*field*/) const {
        return static_cast<T>((raw_ >> Low) & Field<T, High, Low>::max);
    }

    template <class T, unsigned High, unsigned Low>
    constexpr Self with(Field<T, High, Low> /*field*/, T value) const {
        const u64 bits = static_cast<u64>(value);
        if (bits > Field<T, High, Low>::max) {
            panic("register: value wider than its field");
        }
        return from_raw((raw_ & ~Field<T, High, Low>::mask) | bits << Low);
    }

    /// All bits that belong to one of the given fields.
    template <class... Fields>
    static constexpr u64 mask_of(Fields... /*fields*/) {
        return (u64{0} | ... | Fields::mask);
    }

    friend constexpr bool operator==(const Self& a, const Self& b) { return a.raw() == b.raw(); }

private:
    u64 raw_ = 0;
};

}  // namespace base
