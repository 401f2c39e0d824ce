// SPDX-License-Identifier: MIT
#pragma once

#include <compare>

#include "base/result.h"
#include "base/types.h"

namespace base {

/// An address in one space. Two spaces never mix, and an address never mixes with an integer:
/// no implicit conversion, no `+`. Arithmetic goes through GpaRange, which cannot wrap.
template <class Space>
class Address {
public:
    constexpr Address() = default;

    constexpr explicit Address(u64 raw) : raw_(raw) {}

    constexpr u64 raw() const { return raw_; }

    constexpr bool is_page_aligned() const { return raw_ % page_size == 0; }

    constexpr Address page() const { return Address{raw_ & ~(page_size - 1)}; }

    /// Bytes from the start of the page.
    constexpr u64 page_offset() const { return raw_ & (page_size - 1); }

    /// The number of the 4 KiB page, as hypercalls and page tables count.
    constexpr u64 page_number() const { return raw_ >> page_shift; }

    static constexpr Address of_page(u64 page_number) { return Address{page_number << page_shift}; }

    friend constexpr auto operator<=>(Address, Address) = default;

private:
    u64 raw_ = 0;
};

using Gpa = Address<struct GuestPhysical>;  // what VTL0 and VTL1 both call physical
using Gva = Address<struct GuestVirtual>;   // VTL0 virtual; never dereferenced by VTL1
using Hva = Address<struct HostVirtual>;    // our own virtual; the only one that becomes a pointer

/// A non-empty run of whole guest pages, wholly below the physical address limit.
/// Holding one is the proof; there is nothing left to check.
class GpaRange {
public:
    static constexpr u64 limit = u64{1}
                                 << 52;  // bytes; architectural maximum (AMD APM vol. 2, 5.3)

    /// @return Error::BadArgument if not aligned or empty, Error::BadAddress past the limit.
    static constexpr Result<GpaRange> of_pages(Gpa first, u64 page_count) {
        if (!first.is_page_aligned() || page_count == 0) {
            return fail(Error::BadArgument);
        }
        if (first.raw() >= limit || page_count > (limit - first.raw()) / page_size) {
            return fail(Error::BadAddress);
        }
        return GpaRange{first, page_count};
    }

    constexpr Gpa first() const { return first_; }

    constexpr u64 page_count() const { return page_count_; }

    /// The first address past the range.
    constexpr Gpa end() const { return Gpa{first_.raw() + page_count_ * page_size}; }

    constexpr u64 size_bytes() const { return page_count_ * page_size; }

    constexpr bool contains(Gpa gpa) const { return gpa >= first_ && gpa < end(); }

    constexpr bool contains(const GpaRange& other) const {
        return other.first_ >= first_ && other.end() <= end();
    }

    constexpr bool overlaps(const GpaRange& other) const {
        return first_ < other.end() && other.first_ < end();
    }

    friend constexpr bool operator==(const GpaRange&, const GpaRange&) = default;

private:
    constexpr GpaRange(Gpa first, u64 page_count) : first_(first), page_count_(page_count) {}

    Gpa first_;
    u64 page_count_;
};

}  // namespace base
