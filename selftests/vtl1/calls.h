/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_SELFTEST_VTL1_CALLS_H
#define REDOUBT_SELFTEST_VTL1_CALLS_H

#include "hvcall/abi/vtl_call.h"

/*
 * VTL calls that only the self-test image has; statuses and registers as in hvcall/abi/vtl_call.h.
 *
 * Two faults need no call, since they come before the first one is answered. They depend on how
 * many VPs the boot info names.
 */
#define SELFTEST_VPS_FAULT_AT_FIRST_ENTRY 3U /* that with the highest index */
#define SELFTEST_VPS_FAULT_IN_BOOT 5U        /* the boot VP, after it has closed its memory */

#define SELFTEST_CALL_INJECT_FAULT 0x8000U   /* rsi: SELFTEST_FAULT_* */
#define SELFTEST_CALL_TEST_REGISTERS 0x8001U /* rsi: page for a struct vtl_selftest_registers */
#define SELFTEST_CALL_FREE_FRAMES 0x8002U    /* value: frames that VTL1 has not used */
#define SELFTEST_CALL_PROTECT                            \
    0x8003U /* rsi: first page of VTL0's, rdx: how many, \
             * r8: TLFS_PROTECT_* */
#define SELFTEST_PROTECT_PAGES_MAX 32768U
#define SELFTEST_CALL_START_TIMER 0x8010U     /* rsi: when it goes off, in 100 ns from now */
#define SELFTEST_CALL_SEND_IPI 0x8011U        /* rsi: APIC id. To VTL1 of that VP */
#define SELFTEST_CALL_INTERRUPT_TWICE 0x8012U /* the timer and, lower, an IPI to itself */
#define SELFTEST_CALL_TAKE_INTERRUPTS 0x8013U /* EOI; value: see below */

/* Entries of VTL1 on this VP that found such a request, since the last call */
#define SELFTEST_TIMER_INTERRUPTS 0xffffull /* 15:0 */
#define SELFTEST_IPI_INTERRUPTS_SHIFT 16    /* 31:16 */

#define SELFTEST_CALL_GET_TSC_AUX 0x8004U  /* rsi: VP index; value: VTL0's there */
#define SELFTEST_CALL_SET_TSC_AUX 0x8005U  /* rsi: VP index, rdx: value */
#define SELFTEST_CALL_ENABLE_VP 0x8006U    /* rsi: VP index; VTL1 does nothing but return there */
#define SELFTEST_CALL_START_VTL1 0x8007U   /* rsi: VP index, that of a VP that waits */
#define SELFTEST_CALL_START_VTL0 0x8008U   /* the same; rdx: RIP, r8: CR3 */
#define SELFTEST_CALL_SUSPEND_VTL0 0x8009U /* rsi: VP index; until it is started again */
/* rsi: CrInterceptControl, rdx and r8: masks of CR0 and CR4, of this VP; r9: 0: writes are denied,
 * 1: carried out where the message says what is written, on all VPs. value: CrInterceptControl */
#define SELFTEST_CALL_ARM_INTERCEPTS 0x8020U
/* rsi: page for a struct tlfs_message; value: how many there were */
#define SELFTEST_CALL_LAST_INTERCEPT 0x8021U

#define SELFTEST_CALL_CHANGE_FRAMES 0x8030U /* rsi: first page, rdx: how many, r8: see below */
#define SELFTEST_CALL_FRAME_STATE 0x8031U   /* rsi: page; value: SELFTEST_FRAME_* */
#define SELFTEST_CALL_FRAME_TOTAL 0x8032U   /* rsi: SELFTEST_FRAME_*; value: how many frames */
#define SELFTEST_CALL_CLOSE_KERNEL_EXECUTION 0x8033U /* one step; value: frames left */

/* States and proofs of policies/frame_state.h */
#define SELFTEST_FRAME_OPEN 0U
#define SELFTEST_FRAME_VTL1 2U
#define SELFTEST_FRAME_LOG_RING 3U
#define SELFTEST_FRAME_ORDINARY 4U
#define SELFTEST_FRAME_FROZEN_TEXT 5U
#define SELFTEST_FRAME_KERNEL_TEXT 6U
#define SELFTEST_FRAME_FROZEN_DATA 7U
#define SELFTEST_FRAME_SEALED 8U
#define SELFTEST_FRAME_SEALED_USER 9U
#define SELFTEST_FRAME_ADMITTING 10U
#define SELFTEST_FRAME_MODULE_TEXT 11U
#define SELFTEST_FRAME_UNPROVED 12U

#define SELFTEST_PROOF_NOT_NEEDED 0U
#define SELFTEST_PROOF_BEFORE_CLOSE 1U
#define SELFTEST_PROOF_COMPARED 2U
#define SELFTEST_PROOF_EXPLAINED 3U

#define SELFTEST_CHANGE(from, to, proof) ((from) | (to) << 8 | (proof) << 16)
/* rsi: SELFTEST_CRYPTO_*; value: 15:0 bytes of stack, 62:16 ticks of the time-stamp counter, 63: it
 * was a known answer, call again */
#define SELFTEST_CALL_CRYPTO 0x8040U
#define SELFTEST_CRYPTO_STACK_BYTES 0xffffull
#define SELFTEST_CRYPTO_TICKS_SHIFT 16
#define SELFTEST_CRYPTO_AGAIN (1ull << 63)
#define SELFTEST_CRYPTO_HASHES 0U   /* known answers */
#define SELFTEST_CRYPTO_GENERATE 1U /* a key */
#define SELFTEST_CRYPTO_SIGN 2U     /* with that key */
#define SELFTEST_CRYPTO_VERIFY 3U   /* what was signed last */
#define SELFTEST_CRYPTO_FORGED 4U   /* the same, for another digest: VTL_STATUS_REFUSED */
#define SELFTEST_CRYPTO_COUNT 5U

/* Each ends VTL1's service, on the spot or when the armed event comes, unless it says otherwise. */
#define SELFTEST_FAULT_NULL_DEREFERENCE 1U
#define SELFTEST_FAULT_WRITE_TEXT 2U
#define SELFTEST_FAULT_WRITE_READ_ONLY_DATA 3U /* what is read-only after boot */
#define SELFTEST_FAULT_EXECUTE_DATA 4U
#define SELFTEST_FAULT_STACK_OVERFLOW 5U
#define SELFTEST_FAULT_WRONG_FUNCTION_TYPE 6U /* kCFI */
#define SELFTEST_FAULT_STACK_SMASH 7U
#define SELFTEST_FAULT_DIVIDE_ERROR 8U
#define SELFTEST_FAULT_INVALID_OPCODE 9U
#define SELFTEST_FAULT_PANIC 10U
#define SELFTEST_FAULT_INDEX_OUT_OF_RANGE 11U /* hardened library */
#define SELFTEST_FAULT_HOLDING_LOCK 12U       /* once another VP waits for it, or after a while */
#define SELFTEST_FAULT_WAIT_FOR_LOCK 13U      /* no fault: the other VP */
#define SELFTEST_FAULT_LOCK_ORDER 14U
#define SELFTEST_FAULT_IN_NEXT_INTERCEPT 15U
#define SELFTEST_FAULT_NMI 16U /* no fault: an NMI, counted */
#define SELFTEST_FAULT_IN_NMI 17U
#define SELFTEST_FAULT_MACHINE_CHECK 18U
#define SELFTEST_FAULT_WHILE_FAILING 19U /* a second one in the report of the first */
#define SELFTEST_FAULT_MAX 19U

/* Registers that both VTLs share, as VTL1 sees them (tlfs.rst 4.1). The call also writes every
 * register that VTL1 has to itself; VTL0's must not change. */
struct vtl_selftest_registers {
    __u64 cr2;   /* 0 */
    __u64 dr[4]; /* 8 */
};

ABI_ASSERT(sizeof(struct vtl_selftest_registers) == 40);

#endif
