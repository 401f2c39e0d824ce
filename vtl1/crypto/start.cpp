// SPDX-License-Identifier: MIT
#include "vtl1/crypto/start.h"

#include "vtl1/crypto/known_answers.h"
#include "vtl1/crypto/mbedtls.h"
#include "vtl1/crypto/statement_key.h"

namespace vtl1::crypto {

void start() {
    prepare_arena();
    prepare_statement_key();
    check_hashes();
}

}  // namespace vtl1::crypto
