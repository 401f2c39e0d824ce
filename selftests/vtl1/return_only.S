/* SPDX-License-Identifier: MIT
 *
 * VTL1 on a VP that has nothing of VTL1 but this: each entry is a fast VTL return, without stack or
 * hypercall page. Source: TLFS, HvCallVtlReturn.
 */
	.set VTL_RETURN, 0x12
	.set FAST, 1

	.text
	.globl selftest_return_only
selftest_return_only:
	movl $VTL_RETURN, %ecx
	movl $FAST, %eax
	vmmcall
	jmp selftest_return_only

	.section .note.GNU-stack, "", @progbits
