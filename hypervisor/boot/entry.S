/* SPDX-License-Identifier: MIT
 *
 * From multiboot (32-bit protected mode, paging off, EAX = 0x2badb002, EBX = information) to
 * hypervisor_main(magic, information) in long mode on the boot CPU's stack, and from the AP
 * trampoline to hypervisor_ap_main() on the stack that ap_boot_stack names.
 * Sources: Multiboot Specification 0.6.96, 3.2; AMD APM vol. 2, 14.6 (long mode activation).
 */
	.set MULTIBOOT_MAGIC, 0x1badb002
	.set MULTIBOOT_FLAGS, 0x3		/* page-aligned modules, memory information */
	.set CR4_OSFXSR_PAE, 0x220		/* OSFXSR: guests' XMM registers are read (xmm.S) */
	.set EFER, 0xc0000080
	.set EFER_LME_NXE_SVME, 0x1900
	.set CR0_PG_WP_NE_ET_MP_PE, 0x80010033
	.set EFER_LME_NXE, 0x900

	.section .multiboot, "a"
	.align 4
	.long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.text
	.code32
	.globl hypervisor_start
hypervisor_start:
	cli
	cld
	movl %eax, boot_magic
	movl %ebx, boot_information
	movl $boot_stack_top, %esp
	/* 4 GiB of 2 MiB leaves, all rights; main() replaces these tables */
	movl $boot_pd, %edi
	movl $0x83, %eax			/* PS, W, P */
	movl $2048, %ecx
1:	movl %eax, (%edi)
	movl $0, 4(%edi)
	addl $0x200000, %eax
	addl $8, %edi
	loop 1b
	movl $boot_pd + 3, %eax
	movl $boot_pdpt, %edi
	movl $4, %ecx
2:	movl %eax, (%edi)
	addl $0x1000, %eax
	addl $8, %edi
	loop 2b
	movl $boot_pdpt + 3, boot_pml4
	movl $boot_pml4, %eax
	movl %eax, host_cr3
	movl $enter_main, %ebp
	jmp enter_long_mode

	.globl protected_start, hypervisor_ap_start, hypervisor_init_start
protected_start:				/* from the trampoline, flat 32-bit; EBX: one of these */
	movw $0x10, %ax
	movw %ax, %ds
	movw %ax, %ss
	jmp *%ebx
hypervisor_init_start:
	movl $enter_init_main, %ebp
	jmp enter_long_mode
hypervisor_ap_start:
	movl $enter_ap_main, %ebp

enter_long_mode:				/* EBP: where to go in 64-bit mode */
	movl $CR4_OSFXSR_PAE, %eax
	movl %eax, %cr4
	movl host_cr3, %eax
	movl %eax, %cr3
	movl $EFER, %ecx
	movl $EFER_LME_NXE, %eax		/* SVME waits until SVM was found */
	xorl %edx, %edx
	wrmsr
	movl $CR0_PG_WP_NE_ET_MP_PE, %eax
	movl %eax, %cr0
	lgdt gdt_pointer
	ljmp $0x08, $1f
	.code64
1:	movw $0x10, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	xorl %eax, %eax
	movw %ax, %fs
	movw %ax, %gs
	movl %ebp, %ebp				/* the upper half is undefined after the mode switch */
	jmp *%rbp

enter_main:
	movabs $boot_stack_top, %rsp
	xorl %ebp, %ebp
	movl boot_magic, %edi
	movl boot_information, %esi
	call hypervisor_main
	ud2

enter_ap_main:
	movq ap_boot_stack, %rsp
	xorl %ebp, %ebp
	call hypervisor_ap_main
	ud2

enter_init_main:				/* what the boot CPU had on its stack is gone */
	movabs $boot_stack_top, %rsp
	xorl %ebp, %ebp
	call hypervisor_init_arrived
	ud2

/*
 * Exceptions of the host: all but NMI are bugs of ours and end in hypervisor_exception(vector,
 * error code, RIP, CR2). An NMI means "look at your flags" and is only to be consumed.
 */
	.globl exception_stubs
	.align 16
exception_stubs:
	.set vector, 0
	.rept 32
	.align 16
	.if vector == 2
	jmp nmi_taken
	.else
	.if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
	.else
	push $0
	.endif
	push $vector
	jmp exception_common
	.endif
	.set vector, vector + 1
	.endr
/*
 * void hypervisor_wait_for_nmi(void): sleeps until an NMI, also one that has been pending since
 * before. GIF is 0 before and after. An NMI between STGI and HLT would be lost to HLT, so the handler
 * moves RIP behind it.
 */
	.globl hypervisor_wait_for_nmi
hypervisor_wait_for_nmi:
	stgi
wait_halt:
	hlt
wait_end:
	clgi
	ret
nmi_taken:
	pushq %rax
	leaq wait_halt(%rip), %rax
	cmpq %rax, 8(%rsp)
	jne 1f
	leaq wait_end(%rip), %rax
	movq %rax, 8(%rsp)
1:	popq %rax
	iretq

exception_common:
	pop %rdi
	pop %rsi
	mov (%rsp), %rdx
	mov %cr2, %rcx
	andq $-16, %rsp
	call hypervisor_exception
	ud2

	.section .rodata
	.align 16
	.globl host_gdt
host_gdt:
	.quad 0
	.quad 0x00af9b000000ffff		/* 0x08: 64-bit code */
	.quad 0x00cf93000000ffff		/* 0x10: data */
	.quad 0x00cf9b000000ffff		/* 0x18: 32-bit code, for the trampoline */
host_gdt_end:
	.globl gdt_pointer
gdt_pointer:
	.word host_gdt_end - host_gdt - 1
	.quad host_gdt

	.data
	.align 8
	.globl host_cr3
host_cr3:	.quad 0
	.globl ap_boot_stack
ap_boot_stack:	.quad 0
boot_magic:	.long 0
boot_information: .long 0

	.bss
	.align 4096
boot_pml4:	.skip 4096
boot_pdpt:	.skip 4096
boot_pd:	.skip 4 * 4096
	.align 32768
	.globl boot_stack
boot_stack:	.skip 32768
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
