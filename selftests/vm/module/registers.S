/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/linkage.h>
#include <asm/asm.h>

/* struct test_registers */
#define RAX 0
#define RBX 8
#define RCX 16
#define RDX 24
#define RSI 32
#define RDI 40
#define RBP 48
#define R8 56
#define R9 64
#define R10 72
#define R11 80
#define R12 88
#define R13 96
#define R14 104
#define R15 112
#define RFLAGS 120

/*
 * int test_vmmcall_raw(struct test_registers *registers)
 *
 * Loads all registers but RSP, executes VMMCALL, stores them. Returns
 * TEST_NO_FAULT or the vector of the exception.
 */
SYM_FUNC_START(test_vmmcall_raw)
	pushfq
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdi

	pushq	RFLAGS(%rdi)
	popfq
	movq	RAX(%rdi), %rax
	movq	RBX(%rdi), %rbx
	movq	RCX(%rdi), %rcx
	movq	RDX(%rdi), %rdx
	movq	RSI(%rdi), %rsi
	movq	RBP(%rdi), %rbp
	movq	R8(%rdi), %r8
	movq	R9(%rdi), %r9
	movq	R10(%rdi), %r10
	movq	R11(%rdi), %r11
	movq	R12(%rdi), %r12
	movq	R13(%rdi), %r13
	movq	R14(%rdi), %r14
	movq	R15(%rdi), %r15
	movq	RDI(%rdi), %rdi

.Lcall:
	vmmcall

	pushfq
	pushq	%rdi
	movq	16(%rsp), %rdi
	movq	%rax, RAX(%rdi)
	movl	$-1, %eax
.Lstore:
	movq	%rbx, RBX(%rdi)
	movq	%rcx, RCX(%rdi)
	movq	%rdx, RDX(%rdi)
	movq	%rsi, RSI(%rdi)
	movq	%rbp, RBP(%rdi)
	movq	%r8, R8(%rdi)
	movq	%r9, R9(%rdi)
	movq	%r10, R10(%rdi)
	movq	%r11, R11(%rdi)
	movq	%r12, R12(%rdi)
	movq	%r13, R13(%rdi)
	movq	%r14, R14(%rdi)
	movq	%r15, R15(%rdi)
	popq	%rcx
	movq	%rcx, RDI(%rdi)
	popq	%rcx
	movq	%rcx, RFLAGS(%rdi)

	popq	%rdi
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	popfq
	RET

	/* The exception table's handler has put the vector into RAX. */
.Lfault:
	pushfq
	pushq	%rdi
	movq	16(%rsp), %rdi
	jmp	.Lstore
SYM_FUNC_END(test_vmmcall_raw)

	_ASM_EXTABLE_FAULT(.Lcall, .Lfault)
