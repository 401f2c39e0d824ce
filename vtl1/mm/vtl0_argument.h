// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <utility>

#include "base/wire.h"
#include "vtl1/mm/vtl0_memory.h"

namespace vtl1 {

/// The right to write one T to VTL0, once.
template <base::WireType T>
    requires(sizeof(T) <= page_size)
class [[nodiscard]] Vtl0Out {
public:
    explicit Vtl0Out(base::Untrusted<u64> gpa) : gpa_(gpa) {}

    Vtl0Out(Vtl0Out&&) = default;
    Vtl0Out& operator=(Vtl0Out&&) = delete;
    Vtl0Out(const Vtl0Out&) = delete;
    Vtl0Out& operator=(const Vtl0Out&) = delete;
    ~Vtl0Out() = default;

    /// @return Error::BadAddress; nothing was written
    Result<void> store(const T& value) && {
        return gpa_.parse(
            [&](u64 raw) { return copy_to_vtl0(Gpa{raw}, std::as_bytes(std::span{&value, 1})); });
    }

private:
    base::Untrusted<u64> gpa_;
};

/// The right to read one T from VTL0, once. VTL0 can change its memory between two reads, so a
/// second read is made impossible: the type does not copy, and fetch() uses it up.
template <base::WireType T>
    requires(sizeof(T) <= page_size)
class [[nodiscard]] Vtl0In {
public:
    explicit Vtl0In(base::Untrusted<u64> gpa) : gpa_(gpa) {}

    Vtl0In(Vtl0In&&) = default;
    Vtl0In& operator=(Vtl0In&&) = delete;
    Vtl0In(const Vtl0In&) = delete;
    Vtl0In& operator=(const Vtl0In&) = delete;
    ~Vtl0In() = default;

    /// @param copy  receives the value; it is no more trusted than before
    /// @return the copy, to be parsed; Error::BadAddress
    Result<base::Untrusted<const T*>> fetch(T& copy) && {
        TRY(gpa_.parse([&](u64 raw) {
            return copy_from_vtl0(Gpa{raw}, std::as_writable_bytes(std::span{&copy, 1}));
        }));
        return base::Untrusted<const T*>{&copy};
    }

private:
    base::Untrusted<u64> gpa_;
};

/// An argument that is read and then written back.
template <base::WireType T>
struct [[nodiscard]] Vtl0InOut {
    explicit Vtl0InOut(base::Untrusted<u64> gpa) : in(gpa), out(gpa) {}

    Vtl0In<T> in;
    Vtl0Out<T> out;
};

}  // namespace vtl1
