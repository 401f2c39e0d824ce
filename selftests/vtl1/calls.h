/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_SELFTEST_VTL1_CALLS_H
#define REDOUBT_SELFTEST_VTL1_CALLS_H

#include "hvcall/abi/vtl_call.h"

/*
 * VTL calls that only the self-test image has; statuses and registers as in hvcall/abi/vtl_call.h.
 *
 * Two faults need no call, since they come before the first one is answered. They depend on how many
 * VPs the boot info names:
 *   SELFTEST_VPS_FAULT_AT_FIRST_ENTRY: the VP with the highest index faults at its first entry
 *   SELFTEST_VPS_FAULT_IN_BOOT: the boot VP faults after it has closed its memory
 */
#define SELFTEST_VPS_FAULT_AT_FIRST_ENTRY 3u
#define SELFTEST_VPS_FAULT_IN_BOOT 5u

#define SELFTEST_CALL_INJECT_FAULT 0x8000u   /* rsi: SELFTEST_FAULT_* */
#define SELFTEST_CALL_TEST_REGISTERS 0x8001u /* rsi: page that receives struct selftest_registers */
#define SELFTEST_CALL_FREE_FRAMES 0x8002u    /* value: frames that VTL1 has not used */

/* Each ends VTL1's service, on the spot or when the armed event comes, unless it says otherwise. */
#define SELFTEST_FAULT_NULL_DEREFERENCE 1u
#define SELFTEST_FAULT_WRITE_TEXT 2u
#define SELFTEST_FAULT_WRITE_READ_ONLY_DATA 3u /* what is read-only after boot */
#define SELFTEST_FAULT_EXECUTE_DATA 4u
#define SELFTEST_FAULT_STACK_OVERFLOW 5u
#define SELFTEST_FAULT_WRONG_FUNCTION_TYPE 6u /* kCFI */
#define SELFTEST_FAULT_STACK_SMASH 7u
#define SELFTEST_FAULT_DIVIDE_ERROR 8u
#define SELFTEST_FAULT_INVALID_OPCODE 9u
#define SELFTEST_FAULT_PANIC 10u
#define SELFTEST_FAULT_INDEX_OUT_OF_RANGE 11u /* hardened library */
#define SELFTEST_FAULT_HOLDING_LOCK 12u  /* once another VP waits for it, or after a while */
#define SELFTEST_FAULT_WAIT_FOR_LOCK 13u /* no fault: the other VP */
#define SELFTEST_FAULT_LOCK_ORDER 14u
#define SELFTEST_FAULT_IN_NEXT_INTERCEPT 15u
#define SELFTEST_FAULT_NMI 16u /* no fault: an NMI, counted */
#define SELFTEST_FAULT_IN_NMI 17u
#define SELFTEST_FAULT_MACHINE_CHECK 18u
#define SELFTEST_FAULT_WHILE_FAILING 19u /* a second one in the report of the first */
#define SELFTEST_FAULT_MAX 19u

/* Registers that both VTLs share, as VTL1 sees them (tlfs-vsm 4.1). The call also writes every
 * register that VTL1 has to itself; VTL0's must not change. */
struct selftest_registers {
	__u64 cr2;   /* 0 */
	__u64 dr[4]; /* 8 */
};
ABI_ASSERT(sizeof(struct selftest_registers) == 40);

#endif
