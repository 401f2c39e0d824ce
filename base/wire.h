// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>
#include <utility>

#include "base/result.h"

namespace base {

/// A type whose bytes may cross a privilege boundary.
/// Fixed layout: both sides see the same struct. No padding: a copy-out cannot leak stale bytes.
template <class T>
concept WireType = std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> &&
                   std::has_unique_object_representations_v<T> && !std::is_pointer_v<T>;

/// A value that a less trusted party chose. Nothing can be done with it but parse it.
template <class T>
class Untrusted {
public:
    constexpr explicit Untrusted(T value) : value_(value) {}

    /// The one way out. `parser` must be able to refuse: it returns a Result, and of another type
    /// than it was given, so that "no check" does not compile.
    template <class Parser>
        requires requires(Parser parser, T value) {
            parser(value).has_value();
            requires !std::is_same_v<std::remove_cvref_t<decltype(parser(value))>, Result<T>>;
        }
    constexpr auto parse(Parser parser) const {
        return parser(value_);
    }

private:
    T value_;
};

}  // namespace base
