// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/bitmap.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>

#include <asm/special_insns.h>

#include "redoubt_test.h"

#define ENTRIES 512u
#define FIRST_KERNEL_ENTRY (ENTRIES / 2)
#define TOP_LEVEL (pgtable_l5_enabled() ? 4u : 3u)

/* One bit for each frame */
static unsigned long *frames_map;
static unsigned long frames_count;

static void note(u64 first, u64 count)
{
	u64 end = min_t(u64, first + count, frames_count);

	if (first < end)
		bitmap_set(frames_map, first, end - first);
}

/* Depth is bounded by the levels; the tables are the kernel's own. */
static void walk(u64 table, unsigned int level, unsigned int first)
{
	const u64 *entries = phys_to_virt(table & PTE_PFN_MASK);
	unsigned int i;

	for (i = first; i < ENTRIES; i++) {
		u64 entry = entries[i];

		if (!(entry & _PAGE_PRESENT) || (entry & _PAGE_NX))
			continue;
		if (level == 0 || (entry & _PAGE_PSE)) {
			u64 count = 1ull << (9 * level);
			u64 frame = (entry & PTE_PFN_MASK) >> PAGE_SHIFT;

			note(frame & ~(count - 1), count);
		} else {
			walk(entry, level - 1, 0);
		}
	}
}

static int make_map(void)
{
	frames_count = test_end_pfn();
	frames_map = vzalloc(BITS_TO_LONGS(frames_count) * sizeof(long));
	if (!frames_map)
		return -ENOMEM;
	walk(__read_cr3() & PTE_PFN_MASK, TOP_LEVEL, FIRST_KERNEL_ENTRY);

	return 0;
}

int test_executable(struct test_frames *frames)
{
	unsigned long first, end;
	int error = frames_map ? 0 : make_map();

	if (error)
		return error;
	first = find_next_bit(frames_map, frames_count, frames->from);
	if (first >= frames_count)
		return -ENOENT;
	end = find_next_zero_bit(frames_map, frames_count, first);
	frames->first = first;
	frames->count = end - first;

	return 0;
}

void test_executable_exit(void)
{
	vfree(frames_map);
}
