// SPDX-License-Identifier: MIT
// What VTL1's cryptography needs of the rest of VTL1, for this machine. The random numbers are the
// same at every run.
#include "vtl1/crypto/drbg.h"
#include "vtl1/crypto/random.h"
#include "vtl1/crypto/wipe.h"
#include "vtl1/failure/secrets.h"
#include "vtl1/failure/service.h"

std::atomic<base::u8> vtl1_out_of_service{0};

namespace vtl1 {

void fill_random(std::span<std::byte> out) {
    static crypto::Drbg generator;
    generator.generate(out);
    if (is_out_of_service()) {
        wipe(out);
    }
}

void register_secret(std::span<std::byte> /*secret*/) {}

}  // namespace vtl1
