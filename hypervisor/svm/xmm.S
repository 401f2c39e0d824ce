/* SPDX-License-Identifier: MIT
 *
 * void hypervisor_read_xmm(XmmRegisters* registers)
 *
 * Stores XMM0 to XMM5, in which the guest's values stay while the host runs: nothing of the host uses
 * them. CR0.EM, CR0.TS and CR4.OSFXSR are the host's here (entry.S), whatever the guest's are.
 * Source: AMD APM vol. 2, 15.6 (host state is loaded at #VMEXIT); vol. 4, MOVUPS.
 */
	.text
	.globl hypervisor_read_xmm
	.type hypervisor_read_xmm, @function
hypervisor_read_xmm:
	movups %xmm0, 0x00(%rdi)
	movups %xmm1, 0x10(%rdi)
	movups %xmm2, 0x20(%rdi)
	movups %xmm3, 0x30(%rdi)
	movups %xmm4, 0x40(%rdi)
	movups %xmm5, 0x50(%rdi)
	ret
	.size hypervisor_read_xmm, . - hypervisor_read_xmm

	.section .note.GNU-stack, "", @progbits
