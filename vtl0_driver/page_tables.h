/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_PAGE_TABLES_H
#define REDOUBT_PAGE_TABLES_H

#include <linux/types.h>

#include "memory.h"

/* Leaf entries; all are present, supervisor, 4 KiB */
enum page_rights {
	PAGE_RIGHTS_READ,
	PAGE_RIGHTS_READ_WRITE,
	PAGE_RIGHTS_READ_EXECUTE,
};

/**
 * struct page_tables - the tables with which VTL1 starts
 * @memory: where the tables themselves come from
 * @root_pfn: the PML4's frame, for CR3
 */
struct page_tables {
	struct vtl1_memory *memory;
	unsigned long root_pfn;
};

int page_tables_init(struct page_tables *tables, struct vtl1_memory *memory);
int page_tables_map(struct page_tables *tables, u64 va, unsigned long pfn,
		    enum page_rights rights);

#endif
