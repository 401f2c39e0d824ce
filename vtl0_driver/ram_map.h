/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_RAM_MAP_H
#define REDOUBT_RAM_MAP_H

#include <linux/types.h>

#include "hvcall/abi/boot.h"

/**
 * struct ram_map - the machine's RAM
 * @range_count: used entries of @ranges
 * @ranges: ascending; they do not touch or overlap
 */
struct ram_map {
	u32 range_count;
	struct vtl1_frame_range ranges[VTL1_RAM_RANGES_MAX];
};

int ram_map_read(struct ram_map *map);
u64 ram_map_frame_count(const struct ram_map *map);

#endif
