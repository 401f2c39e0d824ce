// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "ram_map.h"

static int add_resource(struct resource *resource, void *argument)
{
	/* Inward: a page of which only a part is RAM is not RAM. */
	u64 first = DIV_ROUND_UP_ULL(resource->start, PAGE_SIZE);
	u64 end = (resource->end + 1) >> PAGE_SHIFT;
	struct ram_map *map = argument;
	struct vtl1_frame_range *last;

	if (first >= end)
		return 0;

	/* The walk ascends; what touches or overlaps becomes one range. */
	if (map->range_count) {
		last = &map->ranges[map->range_count - 1];
		if (first <= last->first_frame + last->frame_count) {
			u64 last_end = last->first_frame + last->frame_count;

			last->frame_count = max(end, last_end) -
					    last->first_frame;
			return 0;
		}
	}

	if (map->range_count == VTL1_RAM_RANGES_MAX)
		return -E2BIG;

	map->ranges[map->range_count++] = (struct vtl1_frame_range) {
		.first_frame = first,
		.frame_count = end - first,
	};

	return 0;
}

/**
 * ram_map_read() - what the kernel's resource tree calls System RAM
 * @map: filled in
 *
 * Return: 0, or -E2BIG or -ENODEV and one line has been printed.
 */
int ram_map_read(struct ram_map *map)
{
	int error;

	map->range_count = 0;
	error = walk_iomem_res_desc(IORES_DESC_NONE,
				    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
				    0, -1, map, add_resource);
	if (!error && !map->range_count)
		error = -ENODEV;
	if (error)
		pr_err("not loaded: the kernel's list of RAM is %s\n",
		       error == -E2BIG ? "longer than VTL1 takes" : "empty");

	return error;
}

u64 ram_map_frame_count(const struct ram_map *map)
{
	u64 count = 0;
	u32 i;

	for (i = 0; i < map->range_count; i++)
		count += map->ranges[i].frame_count;

	return count;
}
