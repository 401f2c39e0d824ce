/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>

	.irp what, load, store
	.ifc \what, load
SYM_FUNC_START(pair_load_vectors)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movdqu \n * 16(%rdi), %xmm\n
	.endr
	test %dl, %dl
	jz 1f
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vinsertf128 $1, \n * 16(%rsi), %ymm\n, %ymm\n
	.endr
1:	RET
SYM_FUNC_END(pair_load_vectors)
	.else
SYM_FUNC_START(pair_store_vectors)
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movdqu %xmm\n, \n * 16(%rdi)
	.endr
	test %dl, %dl
	jz 1f
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vextractf128 $1, %ymm\n, \n * 16(%rsi)
	.endr
1:	RET
SYM_FUNC_END(pair_store_vectors)
	.endif
	.endr

SYM_FUNC_START(pair_load_xmm6)
	.irp n, 0, 1, 2, 3, 4, 5
	movdqu \n * 16(%rdi), %xmm\n
	.endr
	RET
SYM_FUNC_END(pair_load_xmm6)

SYM_FUNC_START(pair_store_xmm6)
	.irp n, 0, 1, 2, 3, 4, 5
	movdqu %xmm\n, \n * 16(%rdi)
	.endr
	RET
SYM_FUNC_END(pair_store_xmm6)

/* struct pair_call */
#define GENERAL 24
#define FLAGS_CHANGE 152
#define SAVED_CALL 8
#define SAVED_FLAGS 16
#define SAVED_RSP 24

/*
 * int pair_vtl_call(struct pair_call *call, void *address, u64 command_gpa,
 *		     u64 rcx)
 *
 * All general registers from @call, but RDI = @command_gpa, RCX = @rcx. Calls
 * @address, or executes VMMCALL if it is NULL. The call's own registers are
 * found again from RSP, which is VTL0's own.
 */
SYM_FUNC_START(pair_vtl_call)
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	/* [RSP]: address, call, flags, RSP itself */
	lea -32(%rsp), %rax
	push %rax
	pushfq
	push %rdi
	push %rsi

	mov GENERAL + 2 * 8(%rdi), %r11		/* RDX, in a moment */
	mov GENERAL + 0 * 8(%rdi), %rax
	mov GENERAL + 3 * 8(%rdi), %rbx
	mov GENERAL + 5 * 8(%rdi), %rbp
	mov GENERAL + 6 * 8(%rdi), %rsi
	mov GENERAL + 8 * 8(%rdi), %r8
	mov GENERAL + 9 * 8(%rdi), %r9
	mov GENERAL + 10 * 8(%rdi), %r10
	mov GENERAL + 12 * 8(%rdi), %r12
	mov GENERAL + 13 * 8(%rdi), %r13
	mov GENERAL + 14 * 8(%rdi), %r14
	mov GENERAL + 15 * 8(%rdi), %r15
	/* RDX held the command's page; @rcx is in RCX already. */
	push GENERAL + 11 * 8(%rdi)
	mov %rdx, %rdi
	mov %r11, %rdx
	pop %r11

	cmpq $0, (%rsp)
	je .Lraw
	ANNOTATE_RETPOLINE_SAFE
	call *(%rsp)
	jmp .Lback
.Lraw:
.Lvmmcall:
	vmmcall
.Lback:
	pushfq
	push %rdi
	push %rcx
	mov 24 + SAVED_CALL(%rsp), %rdi
	mov %rax, GENERAL + 0 * 8(%rdi)
	pop %rcx
	mov %rcx, GENERAL + 1 * 8(%rdi)
	pop %rcx
	mov %rcx, GENERAL + 7 * 8(%rdi)
	pop %rcx
	xor SAVED_FLAGS(%rsp), %rcx
	mov %rcx, FLAGS_CHANGE(%rdi)
	mov %rsp, %rcx
	sub SAVED_RSP(%rsp), %rcx
	mov %rcx, GENERAL + 4 * 8(%rdi)
	mov %rdx, GENERAL + 2 * 8(%rdi)
	mov %rbx, GENERAL + 3 * 8(%rdi)
	mov %rbp, GENERAL + 5 * 8(%rdi)
	mov %rsi, GENERAL + 6 * 8(%rdi)
	mov %r8, GENERAL + 8 * 8(%rdi)
	mov %r9, GENERAL + 9 * 8(%rdi)
	mov %r10, GENERAL + 10 * 8(%rdi)
	mov %r11, GENERAL + 11 * 8(%rdi)
	mov %r12, GENERAL + 12 * 8(%rdi)
	mov %r13, GENERAL + 13 * 8(%rdi)
	mov %r14, GENERAL + 14 * 8(%rdi)
	mov %r15, GENERAL + 15 * 8(%rdi)
	mov $-1, %eax
.Lout:
	lea 16(%rsp), %rsp
	popfq
	lea 8(%rsp), %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	RET
SYM_FUNC_END(pair_vtl_call)

	/* The exception table's handler has put the vector into RAX. */
	_ASM_EXTABLE_FAULT(.Lvmmcall, .Lout)
