// SPDX-License-Identifier: MIT

/* What Mbed TLS, as vtl1/crypto/mbedtls_config.h has it, needs of its surroundings. */

#include <stdlib.h>
#include <string.h>

#include <mbedtls/ecdsa.h>
#include <mbedtls/platform_util.h>

void *redoubt_mbedtls_allocate(size_t count, size_t bytes)
{
	return calloc(count, bytes);
}

void redoubt_mbedtls_release(void *memory)
{
	free(memory);
}

void mbedtls_platform_zeroize(void *buffer, size_t bytes)
{
	explicit_bzero(buffer, bytes);
}
