// SPDX-License-Identifier: MIT
#pragma once

// The one file that includes Mbed TLS, and knows how its two versions differ: 2.28 has functions
// with a status as name_ret(), 3.6 as name(), and hides the fields of its structs.
#define MBEDTLS_CONFIG_FILE "vtl1/crypto/mbedtls_config.h"
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/ecdsa.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <mbedtls/version.h>

#include "vtl1/types.h"

namespace vtl1::crypto {

#if MBEDTLS_VERSION_MAJOR < 3
inline constexpr auto sha256_starts = mbedtls_sha256_starts_ret;
inline constexpr auto sha256_update = mbedtls_sha256_update_ret;
inline constexpr auto sha256_finish = mbedtls_sha256_finish_ret;
inline constexpr auto sha512_starts = mbedtls_sha512_starts_ret;
inline constexpr auto sha512_update = mbedtls_sha512_update_ret;
inline constexpr auto sha512_finish = mbedtls_sha512_finish_ret;
#else
inline constexpr auto sha256_starts = mbedtls_sha256_starts;
inline constexpr auto sha256_update = mbedtls_sha256_update;
inline constexpr auto sha256_finish = mbedtls_sha256_finish;
inline constexpr auto sha512_starts = mbedtls_sha512_starts;
inline constexpr auto sha512_update = mbedtls_sha512_update;
inline constexpr auto sha512_finish = mbedtls_sha512_finish;
#endif

/// Holds the arena for one operation; wipes it, and the stack that the operation has used, at its
/// end. There is one arena, and nobody waits for it.
class Operation {
public:
    Operation();
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    /// @return Error::Busy if another CPU is at it; nothing of Mbed TLS's may be called then
    Result<void> begin();

private:
    bool is_begun_ = false;
};

/// Names the arena as a secret.
/// @context  boot only
void prepare_arena();

/// VTL1's generator as Mbed TLS calls it. Never fails.
int random_for_mbedtls(void* unused, unsigned char* out, size_t count);

/// An object of Mbed TLS's that gives back what it holds. Not to be made without an Operation.
template <class T, auto Init, auto Free>
class Owned {
public:
    Owned() { Init(&value_); }

    ~Owned() { Free(&value_); }

    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;

    T* operator&() { return &value_; }  // NOLINT(google-runtime-operator): as C passes it

    T* operator->() { return &value_; }

private:
    T value_;
};

using Number = Owned<mbedtls_mpi, mbedtls_mpi_init, mbedtls_mpi_free>;
using Point = Owned<mbedtls_ecp_point, mbedtls_ecp_point_init, mbedtls_ecp_point_free>;
using Group = Owned<mbedtls_ecp_group, mbedtls_ecp_group_init, mbedtls_ecp_group_free>;

}  // namespace vtl1::crypto
