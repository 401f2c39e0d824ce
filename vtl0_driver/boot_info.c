// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/err.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "boot_info.h"

/**
 * boot_info_make() - what VTL1 is told at its first entry
 * @memory: VTL1's own frames
 * @map: the machine's RAM
 * @vps: where VTL1 will run
 *
 * Return: the info with its tables, size_bytes long, the rest of its last page
 * zero; kvfree() it. -E2BIG, and one line has been printed, or -ENOMEM.
 */
struct vtl1_boot_info *boot_info_make(const struct vtl1_memory *memory,
				      const struct ram_map *map,
				      const struct vp_list *vps)
{
	size_t own_count = vtl1_memory_range_count(memory);
	size_t own_bytes = own_count * sizeof(struct vtl1_frame_range);
	size_t ram_bytes = map->range_count * sizeof(struct vtl1_frame_range);
	size_t vp_bytes = vps->count * sizeof(u32);
	size_t size = sizeof(struct vtl1_boot_info) + own_bytes + ram_bytes +
		      vp_bytes;
	struct vtl1_boot_info *info;
	u8 *tables;

	if (size > VTL1_BOOT_INFO_PAGES_MAX * PAGE_SIZE) {
		pr_err("not loaded: free memory is too fragmented (%zu pieces)\n",
		       own_count);
		return ERR_PTR(-E2BIG);
	}

	info = kvzalloc(PAGE_ALIGN(size), GFP_KERNEL);
	if (!info)
		return ERR_PTR(-ENOMEM);

	info->magic = VTL1_BOOT_MAGIC;
	info->abi_version = VTL1_BOOT_ABI_VERSION;
	info->size_bytes = size;
	info->frame_range_count = own_count;
	info->ram_range_count = map->range_count;
	info->vp_count = vps->count;
	info->offline_vp_count = vps->offline_count;
	get_random_bytes(info->seed, sizeof(info->seed));

	tables = (u8 *)(info + 1);
	vtl1_memory_ranges(memory, (struct vtl1_frame_range *)tables);
	tables += own_bytes;
	memcpy(tables, map->ranges, ram_bytes);
	tables += ram_bytes;
	memcpy(tables, vps->vp_indices, vp_bytes);

	return info;
}
