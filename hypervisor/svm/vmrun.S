/* SPDX-License-Identifier: MIT
 *
 * void hypervisor_vmrun(u64 vmcb_pa, GuestRegisters* registers)
 *
 * Runs the guest of the VMCB until its next exit. Loads and saves the general registers that the
 * VMCB does not hold (all but RAX and RSP); keeps the callee-saved registers of the caller.
 * GIF is 0 before and after. Source: AMD APM vol. 2, 15.5 and 15.6.
 */
	.text
	.globl hypervisor_vmrun
	.type hypervisor_vmrun, @function
hypervisor_vmrun:
	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	push %rsi
	mov %rdi, %rax
	mov 0x00(%rsi), %rcx
	mov 0x08(%rsi), %rdx
	mov 0x10(%rsi), %rbx
	mov 0x18(%rsi), %rbp
	mov 0x28(%rsi), %rdi
	mov 0x30(%rsi), %r8
	mov 0x38(%rsi), %r9
	mov 0x40(%rsi), %r10
	mov 0x48(%rsi), %r11
	mov 0x50(%rsi), %r12
	mov 0x58(%rsi), %r13
	mov 0x60(%rsi), %r14
	mov 0x68(%rsi), %r15
	mov 0x20(%rsi), %rsi
	vmrun %rax
	push %rsi
	mov 0x08(%rsp), %rsi
	mov %rcx, 0x00(%rsi)
	mov %rdx, 0x08(%rsi)
	mov %rbx, 0x10(%rsi)
	mov %rbp, 0x18(%rsi)
	pop %rcx
	mov %rcx, 0x20(%rsi)
	mov %rdi, 0x28(%rsi)
	mov %r8, 0x30(%rsi)
	mov %r9, 0x38(%rsi)
	mov %r10, 0x40(%rsi)
	mov %r11, 0x48(%rsi)
	mov %r12, 0x50(%rsi)
	mov %r13, 0x58(%rsi)
	mov %r14, 0x60(%rsi)
	mov %r15, 0x68(%rsi)
	pop %rsi
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret
	.size hypervisor_vmrun, . - hypervisor_vmrun

	.section .note.GNU-stack, "", @progbits
