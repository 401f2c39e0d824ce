/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_SIGNATURE_H
#define REDOUBT_CLI_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#define SIGNATURE_DIGEST_BYTES 48
#define SIGNATURE_BYTES 96
#define SIGNATURE_KEY_BYTES 96

/* SHA-384 of two pieces, the first of which may be empty */
void signature_digest(const void *first, size_t first_bytes, const void *second,
		      size_t second_bytes, unsigned char digest[SIGNATURE_DIGEST_BYTES]);

/* ECDSA P-384 over SHA-384; key and signature as in hvcall/abi/statement.h. False if not so. */
bool signature_is_good(const unsigned char key[SIGNATURE_KEY_BYTES], const void *data, size_t bytes,
		       const unsigned char signature[SIGNATURE_BYTES]);

#endif
