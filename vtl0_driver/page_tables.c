// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/pfn.h>

#include "page_tables.h"

/* AMD APM vol. 2, 5.3.3 and 5.4: long-mode page translation, entry bits */
#define ENTRY_PRESENT BIT_ULL(0)
#define ENTRY_WRITE BIT_ULL(1)
#define ENTRY_ACCESSED BIT_ULL(5)
#define ENTRY_DIRTY BIT_ULL(6)
#define ENTRY_NO_EXECUTE BIT_ULL(63)
#define ENTRY_FRAME GENMASK_ULL(51, 12)

#define LEVEL_COUNT 4
#define INDEX_BITS 9
#define INDEX_MASK 0x1ff

static u64 leaf_entry(unsigned long pfn, enum page_rights rights)
{
	u64 entry = PFN_PHYS(pfn) | ENTRY_PRESENT | ENTRY_ACCESSED;

	switch (rights) {
	case PAGE_RIGHTS_READ:
		return entry | ENTRY_NO_EXECUTE;
	case PAGE_RIGHTS_READ_WRITE:
		return entry | ENTRY_WRITE | ENTRY_DIRTY | ENTRY_NO_EXECUTE;
	case PAGE_RIGHTS_READ_EXECUTE:
		break;
	}

	return entry;
}

/* The table below @entry; made if there is none yet */
static int next_table(struct page_tables *tables, u64 *entry, u64 **table)
{
	unsigned long pfn;
	int error;

	if (!(*entry & ENTRY_PRESENT)) {
		error = vtl1_memory_take(tables->memory, &pfn);
		if (error)
			return error;
		/* The leaves say what may be done. */
		*entry = PFN_PHYS(pfn) | ENTRY_PRESENT | ENTRY_WRITE |
			 ENTRY_ACCESSED;
	}
	*table = vtl1_frame_address(PHYS_PFN(*entry & ENTRY_FRAME));

	return 0;
}

int page_tables_init(struct page_tables *tables, struct vtl1_memory *memory)
{
	tables->memory = memory;

	return vtl1_memory_take(memory, &tables->root_pfn);
}

/**
 * page_tables_map() - map one page
 * @tables: to change
 * @va: canonical, page aligned, not mapped yet
 * @pfn: the frame
 * @rights: never both writable and executable
 *
 * Return: 0; -ENOSPC if the frames do not suffice for the tables, -EEXIST if
 * something is mapped there.
 */
int page_tables_map(struct page_tables *tables, u64 va, unsigned long pfn,
		    enum page_rights rights)
{
	u64 *table = vtl1_frame_address(tables->root_pfn);
	unsigned int level, shift;
	u64 *entry;
	int error;

	for (level = LEVEL_COUNT; level > 1; level--) {
		shift = PAGE_SHIFT + (level - 1) * INDEX_BITS;
		entry = &table[va >> shift & INDEX_MASK];
		error = next_table(tables, entry, &table);
		if (error)
			return error;
	}

	entry = &table[va >> PAGE_SHIFT & INDEX_MASK];
	if (*entry)
		return -EEXIST;
	*entry = leaf_entry(pfn, rights);

	return 0;
}
