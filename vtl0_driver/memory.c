// SPDX-License-Identifier: MIT OR GPL-2.0-only
#define pr_fmt(fmt) "redoubt: " fmt

#include <linux/gfp.h>
#include <linux/page-flags.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat.h"
#include "memory.h"
#include "text.h"

/* Blocks of at most 4 MiB (boot ABI): VTL1 needs nothing contiguous. */
#define BLOCK_ORDER_MAX min(10, COMPAT_PAGE_ORDER_MAX)

static u64 bytes_needed(u32 vp_count, u64 ram_frame_count)
{
	return PAGE_ALIGN(VTL1_MEMORY_FIXED_BYTES +
			  vp_count * VTL1_MEMORY_PER_VP_BYTES +
			  ram_frame_count * VTL1_MEMORY_BYTES_PER_FRAME);
}

static int compare_pfns(const void *a, const void *b)
{
	unsigned long left = *(const unsigned long *)a;
	unsigned long right = *(const unsigned long *)b;

	return left < right ? -1 : left > right;
}

static void add_block(struct vtl1_memory *memory, struct page *page,
		      unsigned int order)
{
	unsigned long i;

	/* Each page can then be given back by itself. */
	split_page(page, order);
	for (i = 0; i < 1ul << order; i++)
		memory->pfns[memory->frame_count++] = page_to_pfn(page) + i;
}

static int allocate_blocks(struct vtl1_memory *memory, unsigned long wanted)
{
	unsigned int order = BLOCK_ORDER_MAX;

	while (memory->frame_count < wanted) {
		gfp_t flags = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;
		struct page *page;

		while (1ul << order > wanted - memory->frame_count)
			order--;
		if (order > 0)
			flags |= __GFP_NORETRY;

		page = alloc_pages(flags, order);
		if (page)
			add_block(memory, page, order);
		else if (order > 0)
			order--;
		else
			return -ENOMEM;
	}

	return 0;
}

static void release(struct vtl1_memory *memory)
{
	unsigned long i;

	for (i = 0; i < memory->frame_count; i++)
		__free_page(pfn_to_page(memory->pfns[i]));
	vtl1_memory_forget(memory);
}

/*
 * What reads all of memory (/proc/kcore, hibernation, dump tools) skips
 * offline pages. It would get a #GP for each of these.
 */
static void mark_offline(const struct vtl1_memory *memory, bool offline)
{
	unsigned long i;

	page_offline_begin();
	for (i = 0; i < memory->frame_count; i++) {
		struct page *page = pfn_to_page(memory->pfns[i]);

		if (offline)
			__SetPageOffline(page);
		else
			__ClearPageOffline(page);
	}
	page_offline_end();
}

/**
 * vtl1_memory_allocate() - allocate what the boot ABI says VTL1 needs
 * @memory: filled in; all frames are zero and none is taken yet
 * @vp_count: virtual processors on which VTL1 will run
 * @ram_frame_count: 4 KiB frames of the whole machine
 *
 * The frames come straight from the page allocator and have no other user. So
 * there is no duplicate among them, no device memory, no page table in use and
 * no overlay page (the hypercall page and the VP assist pages are allocated
 * pages of the kernel's own). VTL1 does not take our word for it.
 *
 * Return: 0, -ENOMEM or -E2BIG; one line has been printed then.
 */
int vtl1_memory_allocate(struct vtl1_memory *memory, u32 vp_count,
			 u64 ram_frame_count)
{
	u64 bytes = bytes_needed(vp_count, ram_frame_count);
	unsigned long wanted = bytes >> PAGE_SHIFT;

	memset(memory, 0, sizeof(*memory));
	if (bytes > VTL1_POOL_BYTES_MAX) {
		pr_err("not loaded: VTL1 would need %llu MiB for a machine of this size, more than its %llu MiB\n",
		       bytes >> 20, VTL1_POOL_BYTES_MAX >> 20);
		return -E2BIG;
	}

	memory->pfns = kvmalloc_array(wanted, sizeof(*memory->pfns),
				      GFP_KERNEL);
	if (!memory->pfns || allocate_blocks(memory, wanted)) {
		pr_err("not loaded: no %s of free memory for VTL1\n",
		       mib_text(bytes).chars);
		release(memory);
		return -ENOMEM;
	}

	sort(memory->pfns, memory->frame_count, sizeof(*memory->pfns),
	     compare_pfns, NULL);
	mark_offline(memory, true);

	return 0;
}

/* Gives everything back. Only while VTL1 cannot have been entered. */
void vtl1_memory_free(struct vtl1_memory *memory)
{
	mark_offline(memory, false);
	release(memory);
}

/* Frees the list, not the frames: they are VTL1's. */
void vtl1_memory_forget(struct vtl1_memory *memory)
{
	kvfree(memory->pfns);
	memset(memory, 0, sizeof(*memory));
}

unsigned long vtl1_memory_range_count(const struct vtl1_memory *memory)
{
	unsigned long count = 0, i;

	for (i = 0; i < memory->frame_count; i++) {
		if (i == 0 || memory->pfns[i] != memory->pfns[i - 1] + 1)
			count++;
	}

	return count;
}

/* @ranges has room for vtl1_memory_range_count() entries. */
void vtl1_memory_ranges(const struct vtl1_memory *memory,
			struct vtl1_frame_range *ranges)
{
	struct vtl1_frame_range *last = NULL;
	unsigned long i;

	for (i = 0; i < memory->frame_count; i++) {
		if (i == 0 || memory->pfns[i] != memory->pfns[i - 1] + 1) {
			last = last ? last + 1 : ranges;
			last->first_frame = memory->pfns[i];
			last->frame_count = 0;
		}
		last->frame_count++;
	}
}

/* The lowest frame that is not in use yet. Returns 0 or -ENOSPC. */
int vtl1_memory_take(struct vtl1_memory *memory, unsigned long *pfn)
{
	if (memory->used == memory->frame_count)
		return -ENOSPC;

	*pfn = memory->pfns[memory->used++];

	return 0;
}
