/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_WITNESS_H
#define REDOUBT_ABI_WITNESS_H

#include "types.h"

/*
 * The witness log: what VTL1 saw VTL0 try. It lies in pages of VTL1's that VTL0 can read and not
 * write. Page n belongs to policy n (MANIFEST_POLICY_*, or below), so that a flood against one
 * policy hides nothing of another. All numbers are little endian.
 *
 * Each record but the last of a page stands for one (policy, cause, RIP). Its first 48 bytes say how
 * it first happened, and never change; what follows is counted on. The last record of a page takes
 * what found no room, and always tells of the latest. A record whose count is 0 is not there yet.
 *
 * The head is a running digest of the first 48 bytes of all records but the last of each page, by
 * their sequence: head' = SHA-384(head | 48 bytes), from 48 bytes of 0 on.
 */
#define WITNESS_PAGE_COUNT 16u
#define WITNESS_RECORDS_PER_PAGE 64u
#define WITNESS_FIRSTS_PER_PAGE 63u
#define WITNESS_FIXED_BYTES 48u
#define WITNESS_HEAD_BYTES 48u

/*
 * Causes: MANIFEST_POLICY_TEXT: TLFS_ACCESS_TYPE_* of what was denied; MANIFEST_POLICY_REGISTERS: number
 * of the register in policies/pinned_registers.h, value: what it was to hold;
 * MANIFEST_POLICY_PATCHING: the verdict of policies/text_poke.h, value: offset in the image
 */
#define WITNESS_POLICY_OWN_MEMORY 15u /* VTL1's own memory; causes are TLFS_ACCESS_TYPE_* */

struct witness_record {
	__u64 sequence;  /* 0: how many events there were before, of all policies */
	__u64 time;      /* 8: the hypervisor's reference time, in 100 ns; 0: it has none */
	__u64 rip;       /* 16: VTL0's, which it can choose */
	__u64 gpa;       /* 24 */
	__u64 value;     /* 32: as the cause says; else 0 */
	__u16 policy;    /* 40 */
	__u16 cause;     /* 42: as the policy says */
	__u32 vp;        /* 44: index */
	__u64 count;     /* 48: how often, this time included */
	__u64 last_time; /* 56 */
};
ABI_ASSERT(sizeof(struct witness_record) == 64);
ABI_OFFSET(witness_record, count, WITNESS_FIXED_BYTES);

/* What VTL_CALL_WITNESS answers */
struct vtl_witness {
	__u64 events;  /* 0: since boot */
	__u64 records; /* 8: that the head covers */
	__u64 lost;    /* 16: events that found no room, and are only counted */
	__u64 page_count; /* 24 */
	__u64 page_gpa[WITNESS_PAGE_COUNT]; /* 32 */
	__u8 head[WITNESS_HEAD_BYTES];      /* 160 */
};
ABI_ASSERT(sizeof(struct vtl_witness) == 208);

#endif
