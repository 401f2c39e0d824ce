// SPDX-License-Identifier: MIT
#pragma once

#include <expected>
#include <utility>

#include "base/error.h"
#include "base/panic.h"

namespace base {

/// A value, or the reason why there is none. A class of its own only because std::expected is not
/// [[nodiscard]] in libc++ 19: a Result that nobody looks at does not compile.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
public:
    using std::expected<T, Error>::expected;

    friend constexpr bool operator==(const Result& result, const std::unexpected<Error>& failure) {
        return !result.has_value() && result.error() == failure.error();
    }
};

/// Shorthand for `return fail(Error::X)`.
constexpr std::unexpected<Error> fail(Error error) {
    return std::unexpected(error);
}

/// Takes the value of something that cannot fail here (tables, boot, tests). A failure stops the
/// machine; in a constant expression it stops the build.
template <class T>
constexpr T must(Result<T> result) {
    if (!result.has_value()) {
        panic("must: failed");
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

}  // namespace base

/// Takes the value of a Result, or returns its error from the calling function. One to a line.
#define TRY(expression)                                 \
    ({                                                  \
        auto try_result = (expression);                 \
        if (!try_result.has_value()) {                  \
            return std::unexpected(try_result.error()); \
        }                                               \
        base::detail::take(std::move(try_result));      \
    })

namespace base::detail {

template <class T>
constexpr T take(Result<T>&& result) {
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

}  // namespace base::detail
