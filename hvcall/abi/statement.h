/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_STATEMENT_H
#define REDOUBT_ABI_STATEMENT_H

#include "types.h"

/*
 * What VTL1 says of itself, signed. All numbers are little endian but key and signature, which are
 * big endian: ECDSA P-384 over SHA-384 of the bytes before the signature (FIPS 186-5).
 *
 * The key is made in VTL1 anew for each boot and never leaves it. That a key is VTL1's nobody says
 * but VTL1: a reader must know it from elsewhere, or have seen it before VTL0 was attacked.
 */
#define STATEMENT_MAGIC 0x31544d5453544452ull /* "RDTSTMT1" */
#define STATEMENT_FORMAT 1u
#define STATEMENT_NONCE_BYTES 32u
#define STATEMENT_POLICY_COUNT 16u
#define STATEMENT_LEDGER_STATES 16u
#define STATEMENT_SIGNED_BYTES 416u

struct vtl_statement {
	__u64 magic;        /* 0 */
	__u32 format;       /* 8: STATEMENT_FORMAT */
	__u32 phase;        /* 12: VTL_PHASE_* */
	__u32 vtl1_version; /* 16: VTL1_VERSION() */
	__u32 vp_count;     /* 20: VPs on which VTL1 runs */
	__u8 nonce[STATEMENT_NONCE_BYTES];       /* 24: the asker's, so that the statement is new */
	__u8 modes[STATEMENT_POLICY_COUNT];      /* 56: MANIFEST_MODE_* by policy */
	__u64 time;         /* 72: the hypervisor's reference time, in 100 ns; 0: it has none */
	__u64 log_events;   /* 80: of the witness log (witness.h) */
	__u64 log_records;  /* 88 */
	__u64 log_lost;     /* 96 */
	__u8 log_head[48];  /* 104 */
	__u64 ledger[STATEMENT_LEDGER_STATES];   /* 152: frames in each state; 0: there is no ledger */
	__u64 denied_reads;    /* 280: of memory that VTL1 has closed */
	__u64 denied_writes;   /* 288 */
	__u64 denied_executes; /* 296 */
	__u8 reserved[16];     /* 304: 0 */
	__u8 public_key[96];   /* 320: x, y */
	__u8 signature[96];    /* 416: r, s */
};
ABI_ASSERT(sizeof(struct vtl_statement) == 512);
ABI_OFFSET(vtl_statement, log_head, 104);
ABI_OFFSET(vtl_statement, ledger, 152);
ABI_OFFSET(vtl_statement, public_key, 320);
ABI_OFFSET(vtl_statement, signature, STATEMENT_SIGNED_BYTES);

#endif
