/* SPDX-License-Identifier: MIT */
#ifndef VTL1_MBEDTLS_CONFIG_H
#define VTL1_MBEDTLS_CONFIG_H

/*
 * What VTL1 has of Mbed TLS 2.28 (Debian 12) or 3.6 (Debian 13): the SHA-2 family, and ECDSA over
 * P-384. Options that only one of the two knows are marked. Read by C and by C++.
 */
#define MBEDTLS_HAVE_ASM         /* 64-bit multiplication; no vector code */
#define MBEDTLS_NO_UDBL_DIVISION /* 128-bit division is a library call that is not there */

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C /* 3.6 */
#define MBEDTLS_SHA512_C

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_NO_INTERNAL_RNG     /* 2.28: what blinds is given to each call, as in 3.6 */
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0 /* its table would outlive the operation */
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECDSA_DETERMINISTIC /* RFC 6979, which needs the next two */
#define MBEDTLS_HMAC_DRBG_C
#define MBEDTLS_MD_C
#define MBEDTLS_ASN1_PARSE_C /* ECDSA's DER functions, not used here, refer to these */
#define MBEDTLS_ASN1_WRITE_C

/* vtl1/crypto/mbedtls.cpp */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO redoubt_mbedtls_allocate
#define MBEDTLS_PLATFORM_FREE_MACRO redoubt_mbedtls_release
#define MBEDTLS_PLATFORM_ZEROIZE_ALT

#ifdef __cplusplus
extern "C" {
#endif
void* redoubt_mbedtls_allocate(__SIZE_TYPE__ count, __SIZE_TYPE__ bytes);
void redoubt_mbedtls_release(void* memory);
#ifdef __cplusplus
}
#endif

#endif
