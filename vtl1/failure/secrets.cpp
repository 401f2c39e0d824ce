// SPDX-License-Identifier: MIT
#include "vtl1/failure/secrets.h"

#include "base/panic.h"
#include "vtl1/crypto/wipe.h"
#include "vtl1/sections.h"

namespace vtl1 {

namespace {

RO_AFTER_BOOT_ZEROED constinit std::array<std::span<std::byte>, secret_count_max> secrets{};
RO_AFTER_BOOT_ZEROED constinit usize secret_count = 0;

}  // namespace

void register_secret(std::span<std::byte> secret) {
    if (secret_count == secrets.size()) {
        base::panic("secrets: too many");
    }
    secrets[secret_count] = secret;
    ++secret_count;
}

void wipe_secrets() {
    for (const std::span<std::byte> secret : std::span{secrets}.first(secret_count)) {
        wipe(secret);
    }
}

}  // namespace vtl1
