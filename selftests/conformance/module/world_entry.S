/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/nospec-branch.h>

/* struct pair_world */
#define RIP 0
#define RSP 8
#define RFLAGS 16
#define CS 24
#define SS 32
#define VECTOR 72
#define ERROR_CODE 80
#define EXIT_RIP 88
#define EXIT_CS 96
#define EXIT_RFLAGS 104
#define EXIT_RSP 112
#define EXIT_CR2 120

	.data
	.balign 8
current_world:
	.quad 0
saved_rsp:
	.quad 0

/* void pair_world_enter(struct pair_world *world), interrupts off: comes back when the run ends */
	.text
SYM_FUNC_START(pair_world_enter)
	push %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	pushfq
	mov %ds, %eax
	push %rax
	mov %es, %eax
	push %rax
	mov %rdi, current_world(%rip)
	mov %rsp, saved_rsp(%rip)
	pushq SS(%rdi)
	pushq RSP(%rdi)
	pushq RFLAGS(%rdi)
	pushq CS(%rdi)
	pushq RIP(%rdi)
	iretq
.Lback:
	pop %rax
	mov %eax, %es
	pop %rax
	mov %eax, %ds
	popfq
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	RET
SYM_FUNC_END(pair_world_enter)

	.balign 16, 0xcc
/* No ENDBR: 16 bytes each. */
SYM_START(pair_world_stubs, SYM_L_GLOBAL, SYM_A_ALIGN)
	ANNOTATE_NOENDBR
	.set vector, 0
	.rept 256
	.org pair_world_stubs + vector * 16, 0xcc
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
	.else
	push $0
	.endif
	push $vector
	jmp .Lexit
	.set vector, vector + 1
	.endr
	.balign 16, 0xcc
.Lexit:
	/* vector, error code, RIP, CS, RFLAGS, RSP, SS */
	cld
	mov current_world(%rip), %rdi
	pop VECTOR(%rdi)
	pop ERROR_CODE(%rdi)
	pop EXIT_RIP(%rdi)
	pop EXIT_CS(%rdi)
	pop EXIT_RFLAGS(%rdi)
	pop EXIT_RSP(%rdi)
	mov %cr2, %rax
	mov %rax, EXIT_CR2(%rdi)
	/* After an NMI the next one comes when an IRET was executed. */
	mov saved_rsp(%rip), %rsp
	mov %rsp, %rdx
	push $0x18
	push %rdx
	push $2
	push $0x10
	lea .Lback(%rip), %rax
	push %rax
	iretq
SYM_FUNC_END(pair_world_stubs)

	STACK_FRAME_NON_STANDARD pair_world_enter
	STACK_FRAME_NON_STANDARD pair_world_stubs
