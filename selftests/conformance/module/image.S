/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/stringify.h>

	.section .rodata
	.globl pair_image, pair_image_end
	.balign 8
pair_image:
	.incbin __stringify(PAIR_IMAGE)
pair_image_end:
