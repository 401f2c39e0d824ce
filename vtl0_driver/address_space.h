/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_ADDRESS_SPACE_H
#define REDOUBT_ADDRESS_SPACE_H

#include "boot_info.h"
#include "image.h"
#include "memory.h"

int address_space_build(struct vtl1_memory *memory,
			const struct vtl1_image *image, const u8 *file,
			const struct vtl1_boot_info *info, u64 *cr3);

#endif
