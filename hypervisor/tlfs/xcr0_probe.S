/* SPDX-License-Identifier: MIT
 *
 * The guest of xcr0::probe(): 64-bit code at CPL 0 in the host's address space, which writes XCR0's
 * reset value and leaves. It ends with XSETBV or with VMMCALL, and changes RAX, RCX and RDX.
 * Source: AMD APM vol. 3, "XSETBV".
 */
	.text
	.globl xcr0_probe
	.type xcr0_probe, @function
xcr0_probe:
	xor %ecx, %ecx
	xor %edx, %edx
	mov $1, %eax
	xsetbv
	vmmcall
	.size xcr0_probe, . - xcr0_probe

	.section .note.GNU-stack, "", @progbits
