// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "address_space.h"
#include "page_tables.h"

/* Puts @bytes, at most a page of them, into a fresh frame and maps it. */
static int place_page(struct page_tables *tables, u64 va, const void *bytes,
		      size_t size, enum page_rights rights)
{
	unsigned long pfn;
	int error;

	error = vtl1_memory_take(tables->memory, &pfn);
	if (error)
		return error;
	memcpy(vtl1_frame_address(pfn), bytes, size);

	return page_tables_map(tables, va, pfn, rights);
}

static int place(struct page_tables *tables, u64 va, u64 page_count,
		 const u8 *bytes, u64 size, enum page_rights rights)
{
	u64 i;
	int error;

	for (i = 0; i < page_count; i++) {
		u64 offset = min(i * PAGE_SIZE, size);
		u64 length = min_t(u64, size - offset, PAGE_SIZE);

		error = place_page(tables, va + i * PAGE_SIZE, bytes + offset,
				   length, rights);
		if (error)
			return error;
	}

	return 0;
}

static int place_image(struct page_tables *tables,
		       const struct vtl1_image *image, const u8 *file)
{
	int error;
	u32 i;

	for (i = 0; i < image->segment_count; i++) {
		const struct vtl1_segment *segment = &image->segments[i];
		enum page_rights rights = PAGE_RIGHTS_READ;

		if (segment->is_executable)
			rights = PAGE_RIGHTS_READ_EXECUTE;
		else if (segment->is_writable)
			rights = PAGE_RIGHTS_READ_WRITE;

		error = place(tables, segment->va, segment->page_count,
			      file + segment->file_offset, segment->file_bytes,
			      rights);
		if (error)
			return error;
	}

	return 0;
}

static int map_pool(struct page_tables *tables)
{
	const struct vtl1_memory *memory = tables->memory;
	unsigned long i;
	int error;

	for (i = 0; i < memory->frame_count; i++) {
		error = page_tables_map(tables, VTL1_POOL_VA + i * PAGE_SIZE,
					memory->pfns[i],
					PAGE_RIGHTS_READ_WRITE);
		if (error)
			return error;
	}

	return 0;
}

static int build(struct page_tables *tables, struct vtl1_memory *memory,
		 const struct vtl1_image *image, const u8 *file,
		 const struct vtl1_boot_info *info)
{
	int error;

	error = page_tables_init(tables, memory);
	if (error)
		return error;
	error = place_image(tables, image, file);
	if (error)
		return error;
	error = place(tables, VTL1_BOOT_INFO_VA, PFN_UP(info->size_bytes),
		      (const u8 *)info, info->size_bytes, PAGE_RIGHTS_READ);
	if (error)
		return error;

	return map_pool(tables);
}

/**
 * address_space_build() - what VTL1 sees when it starts, as the boot ABI says
 * @memory: VTL1's frames; image, boot info and tables take the lowest
 * @image: the checked image
 * @file: the bytes it was read from
 * @info: the boot info
 * @cr3: root of the page tables
 *
 * Return: 0, or -ENOSPC or -EEXIST and one line has been printed.
 */
int address_space_build(struct vtl1_memory *memory,
			const struct vtl1_image *image, const u8 *file,
			const struct vtl1_boot_info *info, u64 *cr3)
{
	struct page_tables tables;
	int error;

	error = build(&tables, memory, image, file, info);
	if (error) {
		pr_err("not loaded: the image does not fit into VTL1's memory (error %d)\n",
		       error);
		return error;
	}

	*cr3 = PFN_PHYS(tables.root_pfn);

	return 0;
}
