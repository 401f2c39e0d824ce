/* SPDX-License-Identifier: MIT
 *
 * The functions that a compiler or libc++'s headers may call at any time (GCC and clang manuals,
 * "freestanding").
 * System V calling convention: rdi, rsi, rdx in, rax out; DF is clear on entry.
 */
	.text

	.globl memcpy
	.type memcpy, @function
memcpy:
	mov %rdi, %rax
	mov %rdx, %rcx
	shr $3, %rcx			/* by quadwords, then the rest: emulators count iterations */
	rep movsq
	mov %edx, %ecx
	and $7, %ecx
	rep movsb
	ret
	.size memcpy, . - memcpy

	.globl memmove
	.type memmove, @function
memmove:
	mov %rdi, %rax
	mov %rdx, %rcx
	mov %rdi, %r8
	sub %rsi, %r8
	cmp %rdx, %r8		/* destination inside the source: copy from the end */
	jb 1f
	rep movsb
	ret
1:	lea -1(%rdi,%rdx), %rdi
	lea -1(%rsi,%rdx), %rsi
	std
	rep movsb
	cld
	ret
	.size memmove, . - memmove

	.globl memset
	.type memset, @function
memset:
	mov %rdi, %r8
	movzbl %sil, %eax
	movabs $0x0101010101010101, %rcx
	imul %rcx, %rax
	mov %rdx, %rcx
	shr $3, %rcx
	rep stosq
	mov %edx, %ecx
	and $7, %ecx
	rep stosb
	mov %r8, %rax
	ret
	.size memset, . - memset

	.globl memcmp
	.type memcmp, @function
memcmp:
	xor %eax, %eax
	mov %rdx, %rcx
	cmp %rcx, %rcx		/* ZF set: an empty range is equal */
	repe cmpsb
	je 1f
	movzbl -1(%rdi), %eax
	movzbl -1(%rsi), %ecx
	sub %ecx, %eax
1:	ret
	.size memcmp, . - memcmp

	.globl strlen
	.type strlen, @function
strlen:
	xor %eax, %eax
1:	cmpb $0, (%rdi,%rax)
	je 2f
	inc %rax
	jmp 1b
2:	ret
	.size strlen, . - strlen

	.section .note.GNU-stack, "", @progbits
