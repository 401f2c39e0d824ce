/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/init.h>
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

/*
 * Code that returns 0x12345678 and needs no other, so that it can be executed by
 * another address of its page: RET would be a jump.
 */
.macro RETURN_NUMBER
	movl $0x12345678, %eax
	ANNOTATE_UNRET_SAFE
	ret
	int3
.endm

	.text

/* A page of text to be overwritten */
	.balign 4096, 0xcc
SYM_FUNC_START_NOALIGN(test_text_page)
	RETURN_NUMBER
	.balign 4096, 0xcc
SYM_FUNC_END(test_text_page)

	__INIT

	.balign 16, 0xcc
SYM_FUNC_START_NOALIGN(test_init_text)
	RETURN_NUMBER
SYM_FUNC_END(test_init_text)
