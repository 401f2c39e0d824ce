/* SPDX-License-Identifier: MIT */
#include "selftests/conformance/vtl1/layout.h"

	.section .header, "aw"
	.globl image_header
image_header:
	.quad 0x726961702d4d5356	/* PAIR_IMAGE_MAGIC */
	.quad vtl1_entry
	.quad image_end - image_header
	.quad stacks + STACK_BYTES
	.quad STACK_BYTES
	.skip 3 * 8 + 224

	.text

	.macro push_general
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
	.endm

	.macro pop_general_but_rcx_rax
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rdi
	pop %rsi
	pop %rbp
	pop %rbx
	pop %rdx
	.endm

/*
 * VTL1's initial context begins here, with a stack of its own and VTL0's
 * general registers. Every later entry comes back after the VTL return.
 */
	.globl vtl1_entry
vtl1_entry:
	push_general
	sub $8, %rsp
	mov %rsp, %rdi
	cld
	call vtl1_start
.Lleave:
	add $8, %rsp
	pop_general_but_rcx_rax
	pop %rcx		/* control input */
	cmpq $0, (%rsp)		/* the bare instruction? */
	lea 8(%rsp), %rsp
	jne .Lraw
	call *vtl_return_address
	jmp .Lentered
.Lraw:
	mov %rcx, %rax
	mov $0x12, %ecx
	cmpb $0, is_intel
	jne .Lraw_intel
	vmmcall
	jmp .Lentered
.Lraw_intel:
	vmcall
.Lentered:
	push_general
	sub $8, %rsp
	mov %rsp, %rdi
	cld
	call vtl1_entered
	jmp .Lleave

/* u64 call_page(rdi rcx, rsi rdx, rdx r8, rcx rax): the hypercall page's general entry */
	.globl call_page
call_page:
	mov %rcx, %rax
	mov %rdi, %rcx
	mov %rdx, %r8
	mov %rsi, %rdx
	mov $hypercall_page, %r11d
	jmp *%r11

/* The same by the bare instruction */
	.globl call_raw
call_raw:
	mov %rcx, %rax
	mov %rdi, %rcx
	mov %rdx, %r8
	mov %rsi, %rdx
	cmpb $0, is_intel
	jne 1f
	vmmcall
	ret
1:	vmcall
	ret

/* int save_jump(rdi): 0 now, 1 when go_back() comes here */
	.globl save_jump
save_jump:
	mov %rbx, (%rdi)
	mov %rbp, 8(%rdi)
	mov %r12, 16(%rdi)
	mov %r13, 24(%rdi)
	mov %r14, 32(%rdi)
	mov %r15, 40(%rdi)
	lea 8(%rsp), %rax
	mov %rax, 48(%rdi)
	mov (%rsp), %rax
	mov %rax, 56(%rdi)
	xor %eax, %eax
	ret

	.globl go_back
go_back:
	mov (%rdi), %rbx
	mov 8(%rdi), %rbp
	mov 16(%rdi), %r12
	mov 24(%rdi), %r13
	mov 32(%rdi), %r14
	mov 40(%rdi), %r15
	mov 48(%rdi), %rsp
	mov $1, %eax
	jmp *56(%rdi)

/* void load_tables(void): our descriptor table; the segments as the initial context has them */
	.globl load_tables
load_tables:
	lgdt gdt_register
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	push $0x08
	lea 1f(%rip), %rax
	push %rax
	lretq
1:	ret

	.macro each_vector operation
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\operation \n
	.endr
	.endm

	.macro load_one n
	movdqu \n * 16(%rdi), %xmm\n
	.endm
	.macro load_high n
	vinsertf128 $1, \n * 16(%rsi), %ymm\n, %ymm\n
	.endm
	.macro store_one n
	movdqu %xmm\n, \n * 16(%rdi)
	.endm
	.macro store_high n
	vextractf128 $1, %ymm\n, \n * 16(%rsi)
	.endm

	.globl load_vectors
load_vectors:
	each_vector load_one
	test %edx, %edx
	jz 1f
	each_vector load_high
1:	ret

	.globl store_vectors
store_vectors:
	each_vector store_one
	test %edx, %edx
	jz 1f
	each_vector store_high
1:	ret

	.globl load_xmm6
load_xmm6:
	movdqu (%rdi), %xmm0
	movdqu 16(%rdi), %xmm1
	movdqu 32(%rdi), %xmm2
	movdqu 48(%rdi), %xmm3
	movdqu 64(%rdi), %xmm4
	movdqu 80(%rdi), %xmm5
	ret

	.globl store_xmm6
store_xmm6:
	movdqu %xmm0, (%rdi)
	movdqu %xmm1, 16(%rdi)
	movdqu %xmm2, 32(%rdi)
	movdqu %xmm3, 48(%rdi)
	movdqu %xmm4, 64(%rdi)
	movdqu %xmm5, 80(%rdi)
	ret

/* One stub for each vector, 16 bytes apart. */
	.balign 16
	.globl trap_stubs
trap_stubs:
	.set vector, 0
	.rept 256
	.org trap_stubs + vector * 16, 0xcc
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
	.else
	push $0
	.endif
	push $vector
	jmp trap_common
	.set vector, vector + 1
	.endr
	.balign 16, 0xcc

trap_common:
	push_general
	mov %rsp, %rdi
	cld
	call on_trap
	pop_general_but_rcx_rax
	pop %rcx
	pop %rax
	add $16, %rsp
	iretq

/* u32 try_rdmsr(rdi number, rsi value), u32 try_wrmsr(rdi number, rsi value): the vector or -1.
 * on_trap() goes to *_fault with the vector in RAX. */
	.globl try_rdmsr, try_rdmsr_at, try_fault
try_rdmsr:
	mov %edi, %ecx
try_rdmsr_at:
	rdmsr
	mov %eax, (%rsi)
	mov %edx, 4(%rsi)
	mov $-1, %eax
	ret
	.globl try_wrmsr, try_wrmsr_at
try_wrmsr:
	mov %edi, %ecx
	mov %esi, %eax
	mov %rsi, %rdx
	shr $32, %rdx
try_wrmsr_at:
	wrmsr
	mov $-1, %eax
try_fault:
	ret

	.section .rodata
	.balign 8
gdt:
	.quad 0
	.quad 0x00af9b000000ffff	/* 0x08: code, 64-bit */
	.quad 0x00cf93000000ffff	/* 0x10: data */
gdt_register:
	.word . - gdt - 1
	.quad gdt

	.bss
	.balign 4096
stacks:
	.skip 8 * STACK_BYTES		/* PAIR_VP_MAX */
	.globl stacks
	.section .note.GNU-stack, "", @progbits
