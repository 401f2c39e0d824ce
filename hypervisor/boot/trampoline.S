/* SPDX-License-Identifier: MIT
 *
 * Real-mode start of an application processor; copied to trampoline_page (boot/ap.h) in low
 * memory, where a start-up IPI makes it begin with CS = page >> 4, IP = 0.
 * Source: Intel SDM vol. 3A, 11.4.3.
 */
	.set TRAMPOLINE, 0x8000

	.section .rodata
	.code16
	.globl trampoline_begin
trampoline_begin:
	movl $hypervisor_ap_start, %ebx
	jmp 1f
	.globl init_entry			/* boot/init_guard.h: from the firmware */
init_entry:
	movl $hypervisor_init_start, %ebx
1:	cli
	xorw %ax, %ax
	movw %ax, %ds
	lgdtl TRAMPOLINE + (pointer - trampoline_begin)
	movl %cr0, %eax
	orl $1, %eax
	movl %eax, %cr0
	ljmpl $0x18, $protected_start
	.align 8
table:	.quad 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00cf9b000000ffff
pointer:
	.word pointer - table - 1
	.long TRAMPOLINE + (table - trampoline_begin)
	.globl trampoline_end
trampoline_end:

	.section .note.GNU-stack, "", @progbits
