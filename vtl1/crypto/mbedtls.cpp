// SPDX-License-Identifier: MIT
#include "vtl1/crypto/mbedtls.h"

#include <atomic>

#include "vtl1/crypto/arena.h"
#include "vtl1/crypto/random.h"
#include "vtl1/crypto/wipe.h"
#include "vtl1/failure/secrets.h"

namespace vtl1::crypto {

namespace {

// One operation after the other uses it. A second one is told so and does not wait, for an
// operation takes long. Not a Locked<>: Mbed TLS's functions get no guard handed through.
constinit Arena arena;
constinit std::atomic<bool> is_taken{false};

// More than what an operation uses; selftests/vm/crypto.c measures it (2,544 for a signature).
constexpr usize stack_bytes_used = 4096;

[[gnu::noinline]] void wipe_stack() {
    std::array<std::byte, stack_bytes_used> below{};
    wipe(below);
}

std::span<std::byte> bytes_at(void* start, usize count) {
    // SAFETY: Mbed TLS's interface: it gives a pointer to that many bytes.
#pragma clang unsafe_buffer_usage begin
    return {static_cast<std::byte*>(start), count};
#pragma clang unsafe_buffer_usage end
}

}  // namespace

Operation::Operation() = default;

// Pairs with the release in ~Operation(): the last user's wiping is seen.
Result<void> Operation::begin() {
    if (is_taken.exchange(true, std::memory_order_acquire)) {
        return fail(Error::Busy);
    }
    is_begun_ = true;
    return {};
}

Operation::~Operation() {
    if (is_begun_) {
        arena.clear();
        wipe_stack();
        is_taken.store(false, std::memory_order_release);
    }
}

void prepare_arena() {
    register_secret(arena.memory());
}

int random_for_mbedtls(void* /*unused*/, unsigned char* out, size_t count) {
    fill_random(bytes_at(out, count));
    return 0;
}

}  // namespace vtl1::crypto

void* redoubt_mbedtls_allocate(size_t count, size_t bytes) {
    size_t total = 0;
    return __builtin_mul_overflow(count, bytes, &total) ? nullptr
                                                        : vtl1::crypto::arena.allocate(total);
}

void redoubt_mbedtls_release(void* memory) {
    vtl1::crypto::arena.release(memory);
}

void mbedtls_platform_zeroize(void* buf, size_t len) {
    vtl1::wipe(vtl1::crypto::bytes_at(buf, len));
}
