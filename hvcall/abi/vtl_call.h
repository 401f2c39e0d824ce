/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_ABI_VTL_CALL_H
#define REDOUBT_ABI_VTL_CALL_H

#include "types.h"

/*
 * The VTL-call ABI between vtl0_driver/ and vtl1/. Described in Documentation/vtl-call-abi.rst.
 *
 *   in:  rdi call id; rsi, rdx, r8, r9, r10 arguments, those that a call does not use must be 0
 *   out: r8 status, r9 value (0 where a call has none, and on every error)
 *   rax and rcx are destroyed by the hypercall page; all else comes back unchanged.
 *
 * Addresses are guest-physical addresses of VTL0. A page argument is one whole 4 KiB page of RAM,
 * aligned, that VTL1 copies once before it looks at it.
 */
#define VTL_CALL_ABI_VERSION 1u

/* Call ids; 0x1ffe0-0x1fff0 are ids that Microsoft's LVBS uses, and stay reserved. */
#define VTL_CALL_VERSION 1u  /* value: ABI version 31:0, VTL1 version 63:32 as VTL1_VERSION() */
#define VTL_CALL_FEATURES 2u /* value: VTL_FEATURE_* */
#define VTL_CALL_STATUS 3u   /* rsi: page that receives struct vtl_status */
#define VTL_CALL_ECHO 4u     /* rsi: page that holds struct vtl_echo, and receives it back;
			      * value: bytes echoed */
#define VTL_CALL_LOG_READ 5u /* rsi: page that receives struct vtl_log_page, rdx: first sequence
			      * number wanted; value: the next one to ask for */

#define VTL_CALL_MANIFEST_HEADER 6u /* rsi: page that holds struct manifest_header;
				     * value: place of the page that is wanted next, 63:32 number of the
				     * section in the header, 31:0 of the page; all ones: none */
#define VTL_CALL_MANIFEST_PAGE 7u   /* rsi: page of a section, rdx: its place; value: as above */
#define VTL_CALL_PIN 8u             /* this VP's registers keep the values they have */
#define VTL_CALL_SEAL 9u            /* one bounded step; VTL_STATUS_AGAIN: call again */
#define VTL_CALL_STATEMENT 10u      /* rsi: page with struct vtl_statement, all 0 but the nonce, which
				     * receives it signed; VTL_STATUS_AGAIN: call again */
#define VTL_CALL_WITNESS 11u        /* rsi: page that receives struct vtl_witness */
#define VTL_CALL_ADMIT 12u  /* rsi: page that holds struct vtl_frames: text of a module that is being
			     * loaded; all or nothing. Once sealed only */
#define VTL_CALL_RELEASE 13u /* the same for text that was admitted and is not executed any more */

#define VTL1_VERSION(major, minor, patch) \
	((((major) & 0xffu) << 24) | (((minor) & 0xffu) << 16) | ((patch) & 0xffffu))

/* Statuses (r8). An error leaves everything as it was, unless it says otherwise. */
#define VTL_STATUS_OK 0u
#define VTL_STATUS_UNKNOWN_CALL 1u
#define VTL_STATUS_BAD_ARGUMENT 2u /* out of range, or something reserved is not 0 */
#define VTL_STATUS_BAD_ADDRESS 3u  /* not aligned, not RAM, wraps around, or not VTL0's */
#define VTL_STATUS_REFUSED 4u
#define VTL_STATUS_TOO_LATE 5u     /* not in this phase any more */
#define VTL_STATUS_NO_MEMORY 6u
#define VTL_STATUS_AGAIN 7u        /* busy: ask again */
#define VTL_STATUS_INTERNAL 8u
#define VTL_STATUS_NO_ENTROPY 9u   /* boot only: neither RDSEED nor RDRAND; VTL1 did not start */
#define VTL_STATUS_FAILED 10u      /* VTL1 has stopped itself; every protection stays */

/* Features: which groups of calls this VTL1 has */
#define VTL_FEATURE_ECHO (1u << 0)
#define VTL_FEATURE_LOG (1u << 1)
#define VTL_FEATURE_CPU_START (1u << 2) /* no call: CPUs may be switched off, and started again */

/* Phases */
#define VTL_PHASE_BOOT 0u
#define VTL_PHASE_SEALED 1u
#define VTL_PHASE_FAILED 2u

/* vtl_status.facts */
#define VTL_STATUS_MBEC (1u << 0)            /* user and kernel execution are told apart */
#define VTL_STATUS_DMA_FILTERED (1u << 1)    /* the hypervisor says so (CPUID 0x40000006 EAX) */
#define VTL_STATUS_OPERATOR_KEY_OWN (1u << 2) /* the operator says that the key is none of the build's */

#define VTL_STATUS_FRAME_STATES 16u /* numbers: enum FrameState of policies/frame_state.h */
#define VTL_STATUS_VERDICTS 16u     /* numbers: enum PokeVerdict of policies/text_poke.h */
#define VTL_STATUS_POLICIES 16u     /* numbers: MANIFEST_POLICY_*, WITNESS_POLICY_* */
#define VTL_STATUS_RELEASE_BYTES 64u

struct vtl_status {
	__u32 abi_version;  /* 0: VTL_CALL_ABI_VERSION */
	__u32 vtl1_version; /* 4: VTL1_VERSION() */
	__u32 phase;        /* 8: VTL_PHASE_* */
	__u32 vp_count;     /* 12: VPs on which VTL1 runs */
	__u64 memory_bytes; /* 16: all that VTL1 took from VTL0 */
	__u64 calls;        /* 24: VTL calls answered, this one included */
	__u64 denied_reads;    /* 32: of memory that VTL1 has closed */
	__u64 denied_writes;   /* 40 */
	__u64 denied_executes; /* 48 */
	__u64 nmis;            /* 56: NMIs that arrived while VTL1 ran */
	__u64 denied_register_writes;  /* 64: of pinned registers */
	__u64 allowed_register_writes; /* 72: of pinned registers, carried out by VTL1 */
	__u32 pinned_vp_count;         /* 80: VPs of which all registers are pinned */
	__u32 facts;                   /* 84: VTL_STATUS_* */
	__u64 frames[VTL_STATUS_FRAME_STATES]; /* 88: of RAM, in each state */
	__u64 text_writes[VTL_STATUS_VERDICTS]; /* 216: into sealed text, by what became of them */
	__u64 unproved_start_frames;   /* 344: of frames[Unproved] those that CPUs start in */

	/* What the seal has found; 0 before */
	__u64 verified_pages; /* 352: equal to what the manifest says */
	__u64 verified_sites; /* 360: patch sites in them */
	__u64 masked_bytes;   /* 368: in them, that nobody compares */
	__u64 kernel_address; /* 376: of _text, as VTL0 runs it */
	__u64 kernel_gpa;     /* 384: of _text */
	__u32 manifest_version; /* 392 */
	__u32 reserved;       /* 396: 0 */
	__u8 manifest_release[VTL_STATUS_RELEASE_BYTES]; /* 400: ends with 0 */
	__u8 modes[VTL_STATUS_POLICIES]; /* 464: MANIFEST_MODE_* by policy */
};
ABI_ASSERT(sizeof(struct vtl_status) == 480);
ABI_OFFSET(vtl_status, verified_pages, 352);
ABI_OFFSET(vtl_status, modes, 464);

#define VTL_ECHO_BYTES_MAX 4088u

struct vtl_echo {
	__u32 size_bytes; /* 0: 1 to VTL_ECHO_BYTES_MAX */
	__u32 reserved;   /* 4: 0 */
	__u8 data[VTL_ECHO_BYTES_MAX]; /* 8: bytes past size_bytes come back as 0 */
};
ABI_ASSERT(sizeof(struct vtl_echo) == 4096);

#define VTL_FRAMES_MAX 511u

struct vtl_frames {
	__u32 count;    /* 0: 1 to VTL_FRAMES_MAX */
	__u32 reserved; /* 4: 0 */
	__u64 frames[VTL_FRAMES_MAX]; /* 8: page numbers, none twice; past count not looked at */
};
ABI_ASSERT(sizeof(struct vtl_frames) == 4096);

#define VTL_LOG_TEXT_BYTES 4064u

/* Whole lines only, each ended by '\n'. */
struct vtl_log_page {
	__u64 first_sequence; /* 0: of the first line in text */
	__u64 next_sequence;  /* 8: one past the last line in text */
	__u64 lost;           /* 16: lines overwritten before they were read, since boot */
	__u32 text_bytes;     /* 24 */
	__u32 reserved;       /* 28: 0 */
	__u8 text[VTL_LOG_TEXT_BYTES]; /* 32 */
};
ABI_ASSERT(sizeof(struct vtl_log_page) == 4096);

#endif
