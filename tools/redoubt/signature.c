// SPDX-License-Identifier: MIT

#include "tools/redoubt/signature.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/ecdsa.h>
#include <mbedtls/sha512.h>
#include <mbedtls/version.h>

#define HALF (SIGNATURE_BYTES / 2)

/* 2.28 has functions with a status as name_ret(), 3.6 as name(). */
#if MBEDTLS_VERSION_MAJOR < 3
#define sha512_starts mbedtls_sha512_starts_ret
#define sha512_update mbedtls_sha512_update_ret
#define sha512_finish mbedtls_sha512_finish_ret
#else
#define sha512_starts mbedtls_sha512_starts
#define sha512_update mbedtls_sha512_update
#define sha512_finish mbedtls_sha512_finish
#endif

void signature_digest(const void *first, size_t first_bytes, const void *second,
		      size_t second_bytes, unsigned char digest[SIGNATURE_DIGEST_BYTES])
{
	unsigned char full[64] = { 0 };
	mbedtls_sha512_context context;

	mbedtls_sha512_init(&context);
	/* They fail on wrong arguments only. */
	if (sha512_starts(&context, 1) ||
	    sha512_update(&context, (const unsigned char *)first, first_bytes) ||
	    sha512_update(&context, (const unsigned char *)second, second_bytes) ||
	    sha512_finish(&context, full))
		abort();
	mbedtls_sha512_free(&context);
	memcpy(digest, full, SIGNATURE_DIGEST_BYTES);
}

static int check(mbedtls_ecp_group *group, mbedtls_ecp_point *point, mbedtls_mpi *r,
		 mbedtls_mpi *s, const unsigned char *key, const unsigned char *signature,
		 const unsigned char *digest)
{
	unsigned char encoded[1 + SIGNATURE_KEY_BYTES] = { 4 }; /* SEC 1, 2.3.3: uncompressed */
	int error;

	memcpy(encoded + 1, key, SIGNATURE_KEY_BYTES);
	error = mbedtls_ecp_group_load(group, MBEDTLS_ECP_DP_SECP384R1);
	if (!error)
		error = mbedtls_ecp_point_read_binary(group, point, encoded, sizeof(encoded));
	if (!error)
		error = mbedtls_ecp_check_pubkey(group, point);
	if (!error)
		error = mbedtls_mpi_read_binary(r, signature, HALF);
	if (!error)
		error = mbedtls_mpi_read_binary(s, signature + HALF, HALF);
	if (!error)
		error = mbedtls_ecdsa_verify(group, digest, SIGNATURE_DIGEST_BYTES, point, r, s);

	return error;
}

bool signature_is_good(const unsigned char key[SIGNATURE_KEY_BYTES], const void *data, size_t bytes,
		       const unsigned char signature[SIGNATURE_BYTES])
{
	unsigned char digest[SIGNATURE_DIGEST_BYTES];
	mbedtls_ecp_group group;
	mbedtls_ecp_point point;
	mbedtls_mpi r, s;
	int error;

	signature_digest(NULL, 0, data, bytes, digest);
	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&point);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	error = check(&group, &point, &r, &s, key, signature, digest);
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_ecp_point_free(&point);
	mbedtls_ecp_group_free(&group);

	return error == 0;
}
