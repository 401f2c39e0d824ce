// SPDX-License-Identifier: MIT
#include "vtl1/crypto/statement_key.h"

#include <atomic>

#include "vtl1/failure/secrets.h"
#include "vtl1/log/log.h"

namespace vtl1::crypto {

namespace {

enum class State : u8 { None, InTheMaking, Made };

constinit P384Key key;
constinit std::atomic<State> state{State::None};

void log_half(std::string_view name, std::span<const u8, p384_bytes> half) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 2 * p384_bytes> hex{};
    for (usize i = 0; i < half.size(); ++i) {
        hex[2 * i] = digits[half[i] >> 4];
        hex[2 * i + 1] = digits[half[i] & 15];
    }
    log("statements' key, ", name, ": ", std::string_view{hex.data(), hex.size()});
}

void log_key() {
    const std::span both{key.public_key()};
    log_half("x", both.first<p384_bytes>());
    log_half("y", both.last<p384_bytes>());
}

// Only one CPU gets here until the key is made.
Result<void> make() {
    const Result<void> made = key.generate();
    if (!made.has_value()) {
        state.store(State::None, std::memory_order_release);
        return made;
    }
    log_key();
    // Pairs with the acquire in statement_key(): the key is there for who sees this.
    state.store(State::Made, std::memory_order_release);
    return fail(Error::Busy);
}

}  // namespace

void prepare_statement_key() {
    register_secret(key.secret());
}

Result<const P384Key*> statement_key() {
    State before = State::None;
    if (state.compare_exchange_strong(before, State::InTheMaking, std::memory_order_acquire)) {
        TRY(make());
    }
    if (before != State::Made) {
        return fail(Error::Busy);
    }
    return &key;
}

}  // namespace vtl1::crypto
