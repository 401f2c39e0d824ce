/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_BOOT_INFO_H
#define REDOUBT_BOOT_INFO_H

#include "hvcall/abi/boot.h"
#include "memory.h"
#include "ram_map.h"

/**
 * struct vp_list - the virtual processors on which VTL1 will run
 * @count: used entries
 * @offline_count: the last ones of these, of CPUs that are offline
 * @vp_indices: the boot VP first
 */
struct vp_list {
	u32 count;
	u32 offline_count;
	u32 vp_indices[VTL1_VP_COUNT_MAX];
};

struct vtl1_boot_info *boot_info_make(const struct vtl1_memory *memory,
				      const struct ram_map *map,
				      const struct vp_list *vps);

#endif
