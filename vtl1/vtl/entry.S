/* SPDX-License-Identifier: MIT
 *
 * The door between VTL0 and VTL1 (tlfs.rst 2.4 and 4.2).
 *
 * VTL1 runs with interrupts off and returns to VTL0 by calling the hypercall page; when VTL0 enters
 * again, that call returns. All general registers and CR2 are shared with VTL0, so at that moment
 * they are VTL0's: they are pushed first (struct EntryFrame) and popped last. RSP, RFLAGS, segments
 * and GS base are VTL1's own.
 *
 * vtl1_out_of_service is looked at before anything else. Once it is set, every entry uses the
 * failure stack, takes no lock and returns.
 */
#include "vtl1/arch/cpu_offsets.h"

#define FAST_RETURN 1		/* TLFS_VTL_RETURN_FAST */
#define STATUS_FAILED 10	/* VTL_STATUS_FAILED */
#define ENTRY_INTERRUPT 2	/* TLFS_VTL_ENTRY_INTERRUPT */
#define MSR_PRED_CMD 0x49	/* bit 0: IBPB (AMD APM vol. 2, "Indirect Branch Prediction Barrier") */

	/* VTL0's registers to the stack. Leaves rsp at the EntryFrame, all else free. */
	.macro SAVE_ENTRY_FRAME
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
	mov %cr2, %rax
	push %rax
	xor %ebp, %ebp			/* the end of every backtrace */
	.endm

	/* Branch predictions that VTL0 trained. Uses rax, rcx, rdx. */
	.macro FORGET_BRANCHES
	testb $MITIGATE_IBPB, vtl1_mitigations(%rip)
	jz .Lno_ibpb\@
	mov $MSR_PRED_CMD, %ecx
	mov $1, %eax
	xor %edx, %edx
	wrmsr
	.rept 32			/* entries of the return stack buffer */
	call 1f
	int3
1:
	.endr
	add $(32 * 8), %rsp
	lfence
.Lno_ibpb\@:
	.endm

	/* in: rsp at an EntryFrame, rax the VTL return control input. Gives VTL0 its registers and
	 * returns to it; goes on here with the next entry. */
	.macro RETURN_TO_VTL0
	mov %rax, %rcx
	add $8, %rsp			/* CR2 */
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
	add $16, %rsp			/* RCX and RAX */
	testb $MITIGATE_VERW, vtl1_mitigations(%rip)
	jz .Lno_verw\@
	verw .Ldata_selector(%rip)
.Lno_verw\@:
	mov vtl1_return_address(%rip), %rax
	call vtl1_call_rax
	.endm

	.section .text.hypercall_page, "ax"
/* The hypervisor lays its code over this page. */
	.globl vtl1_hypercall_page
	.balign 4096
vtl1_hypercall_page:
	.fill 4096, 1, 0xcc

	.text

/* The boot VP's first entry. in: registers VTL0's, RSP 0, the initial page tables. */
	.globl vtl1_entry
	.type vtl1_entry, @function
vtl1_entry:
	endbr64
	mov $vtl1_boot_stack_top, %rsp
	SAVE_ENTRY_FRAME
	mov %rsp, %rdi
	call vtl1_boot			/* rax: the EntryFrame, on this CPU's own stack */
	mov %rax, %rsp
	jmp .Ldispatch
	.size vtl1_entry, . - vtl1_entry

/* The first entry of every other VP. in: registers VTL0's; RSP, GS base and the descriptor tables
 * from the initial context. The flag is looked at in vtl1_start_vp, for no return is possible
 * before the hypercall page is there. */
	.globl vtl1_vp_entry
	.type vtl1_vp_entry, @function
vtl1_vp_entry:
	endbr64
.Lstart_vp:
	SAVE_ENTRY_FRAME
	FORGET_BRANCHES
	mov %rsp, %rdi
	call vtl1_start_vp		/* al: 1 started, 0 refused and answered */
	test %al, %al
	jnz .Ldispatch
	mov $FAST_RETURN, %eax
	RETURN_TO_VTL0
	cmpb $0, vtl1_out_of_service(%rip)
	jne .Lout_of_service
	jmp .Lstart_vp
	.size vtl1_vp_entry, . - vtl1_vp_entry

/* Where VTL1 of a VP is that VTL0 must not start: it is not entered. */
	.globl vtl1_never_entered
	.type vtl1_never_entered, @function
vtl1_never_entered:
	endbr64
1:	cli
	hlt
	jmp 1b
	.size vtl1_never_entered, . - vtl1_never_entered

/* Every later entry. */
	.type vtl1_reenter, @function
vtl1_reenter:
	cmpb $0, vtl1_out_of_service(%rip)
	jne .Lout_of_service
	SAVE_ENTRY_FRAME
	FORGET_BRANCHES
.Ldispatch:
	mov %rsp, %rdi
	call vtl1_dispatch		/* rax: the VTL return control input */
.Lreturn:
	RETURN_TO_VTL0
	jmp vtl1_reenter

.Lout_of_service:
	mov %gs:CPU_FAILURE_STACK_TOP, %rsp
	SAVE_ENTRY_FRAME
	FORGET_BRANCHES
.Lanswer:
	mov %rsp, %rdi
	call vtl1_answer_out_of_service	/* rax: the VTL return control input */
	mov FRAME_CR2(%rsp), %rdx
	mov %rdx, %cr2
	jmp .Lreturn
	.size vtl1_reenter, . - vtl1_reenter

/* Answers the entry in this CPU's failure frame. Does not return to its caller. */
	.globl vtl1_go_out_of_service
	.type vtl1_go_out_of_service, @function
vtl1_go_out_of_service:
	mov %gs:CPU_FAILURE_STACK_TOP, %rsp
	sub $FRAME_BYTES, %rsp
	xor %ebp, %ebp
	jmp .Lanswer
	.size vtl1_go_out_of_service, . - vtl1_go_out_of_service

/* The same when that path itself fails: no C++ code, no hypercall but the return. The interrupt
 * window is opened, or the hypervisor would enter VTL1 again at once. */
	.globl vtl1_return_minimally
	.type vtl1_return_minimally, @function
vtl1_return_minimally:
	mov %gs:CPU_FAILURE_STACK_TOP, %rsp
	sub $FRAME_BYTES, %rsp
	mov FRAME_CR2(%rsp), %rdx	/* the fault's address is VTL1's */
	mov %rdx, %cr2
	mov %gs:CPU_ASSIST, %rdx
	test %rdx, %rdx
	jz .Lminimal_call
	cmpl $ENTRY_INTERRUPT, ASSIST_ENTRY_REASON(%rdx)
	jne .Lminimal_call
	sti
	nop
	cli
	mov FRAME_RAX(%rsp), %rax
	mov %rax, ASSIST_RETURN_RAX(%rdx)
	mov FRAME_RCX(%rsp), %rax
	mov %rax, ASSIST_RETURN_RCX(%rdx)
	xor %eax, %eax
	jmp .Lreturn
.Lminimal_call:
	movq $STATUS_FAILED, FRAME_R8(%rsp)
	movq $0, FRAME_R9(%rsp)
	mov $FAST_RETURN, %eax
	jmp .Lreturn
	.size vtl1_return_minimally, . - vtl1_return_minimally

/* The same when even that fails, the hypercall page included: VTL0 gets no register back. */
	.globl vtl1_return_barely
	.type vtl1_return_barely, @function
vtl1_return_barely:
	mov %gs:CPU_FAILURE_STACK_TOP, %rsp
	sti
	nop
	cli
	xor %ebx, %ebx
	mov %rbx, %cr2
	xor %edx, %edx
	xor %ebp, %ebp
	xor %esi, %esi
	xor %edi, %edi
	xor %r9d, %r9d
	xor %r10d, %r10d
	xor %r11d, %r11d
	xor %r12d, %r12d
	xor %r13d, %r13d
	xor %r14d, %r14d
	xor %r15d, %r15d
	mov $STATUS_FAILED, %r8d
	mov $FAST_RETURN, %ecx
	mov vtl1_raw_return_address(%rip), %rax
	call vtl1_call_rax
	jmp vtl1_reenter
	.size vtl1_return_barely, . - vtl1_return_barely

/* in: rax an address. A call without a prediction that VTL0 could have trained. */
	.type vtl1_call_rax, @function
vtl1_call_rax:
	call 2f
1:	pause
	lfence
	jmp 1b
2:	mov %rax, (%rsp)
	ret
	.size vtl1_call_rax, . - vtl1_call_rax

/* VTL return before the hypercall page is known. in: rcx control input (tlfs.rst 2.4, raw form). */
	.globl vtl1_raw_return_amd
	.type vtl1_raw_return_amd, @function
vtl1_raw_return_amd:
	mov %rcx, %rax
	mov $0x12, %ecx			/* TLFS_CALL_VTL_RETURN */
	vmmcall
	ret
	.size vtl1_raw_return_amd, . - vtl1_raw_return_amd

	.globl vtl1_raw_return_intel
	.type vtl1_raw_return_intel, @function
vtl1_raw_return_intel:
	mov %rcx, %rax
	mov $0x12, %ecx			/* TLFS_CALL_VTL_RETURN */
	vmcall
	ret
	.size vtl1_raw_return_intel, . - vtl1_raw_return_intel

/* One hypercall. in: rdi control, rsi input GPA, rdx output GPA; out: rax. The page keeps all
 * registers but rax (tlfs.rst 2.1). */
	.globl vtl1_call_hypercall_page
	.type vtl1_call_hypercall_page, @function
vtl1_call_hypercall_page:
	push %rbp
	mov %rsp, %rbp
	mov %rdi, %rcx
	mov %rdx, %r8
	mov %rsi, %rdx
	call vtl1_hypercall_page
	pop %rbp
	ret
	.size vtl1_call_hypercall_page, . - vtl1_call_hypercall_page

	.section .rodata, "a"
.Ldata_selector:
	.word 0x10			/* data_selector; what VERW looks at does not matter */

	.section .boot_stack, "aw"
	.globl vtl1_boot_stack
	.balign 4096
vtl1_boot_stack:
	.fill 16384, 1, 0
	.globl vtl1_boot_stack_top
vtl1_boot_stack_top:

	.section .note.GNU-stack, "", @progbits
