/* SPDX-License-Identifier: MIT
 *
 * Where the CPU goes for exceptions and interrupts (Intel SDM vol. 3A, 6.14).
 * No exception is expected in VTL1: each one ends in vtl1_on_exception, which does not return.
 */
	.text

/* One stub for each of the 32 exception vectors, 16 bytes apart: makes the stack look alike,
 * whether or not the CPU pushed an error code (vectors 8, 10-14, 17, 21, 29, 30). */
	.globl vtl1_exception_stubs
	.balign 16
vtl1_exception_stubs:
	.set vector, 0
	.rept 32
	.org vtl1_exception_stubs + vector * 16, 0xcc	/* an error if a stub is longer */
	endbr64
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
	.else
	push $0
	.endif
	push $vector
	jmp vtl1_save_exception
	.set vector, vector + 1
	.endr
	.balign 16, 0xcc

/* in: error code and vector pushed above the CPU's frame; all registers the faulting code's. */
	.type vtl1_save_exception, @function
vtl1_save_exception:
	push %rax
	push %rcx
	push %rdx
	push %rbx
	push %rbp
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi
	xor %ebp, %ebp
	and $-16, %rsp
	call vtl1_on_exception
	ud2
	.size vtl1_save_exception, . - vtl1_save_exception

/* Runs on its own stack, counts, goes back. Keeps all registers. */
	.globl vtl1_nmi_handler
	.balign 16
	.type vtl1_nmi_handler, @function
vtl1_nmi_handler:
	endbr64
	push %rax
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %rbp
	mov %rsp, %rbp
	and $-16, %rsp
	cld
	call vtl1_on_nmi
	mov %rbp, %rsp
	pop %rbp
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rax
	iretq
	.size vtl1_nmi_handler, . - vtl1_nmi_handler

/* The intercept's interrupt, and any other: the message is read after the window is closed. */
	.globl vtl1_interrupt_handler
	.balign 16
	.type vtl1_interrupt_handler, @function
vtl1_interrupt_handler:
	endbr64
	iretq
	.size vtl1_interrupt_handler, . - vtl1_interrupt_handler

	.section .note.GNU-stack, "", @progbits
