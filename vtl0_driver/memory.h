/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_MEMORY_H
#define REDOUBT_MEMORY_H

#include <linux/mm.h>
#include <linux/types.h>

#include "hvcall/abi/boot.h"

/**
 * struct vtl1_memory - the frames that become VTL1's own
 * @frame_count: number of entries in @pfns
 * @used: frames taken so far, from the lowest on
 * @pfns: page frame numbers, ascending; frame n of the boot ABI is pfns[n]
 */
struct vtl1_memory {
	unsigned long frame_count;
	unsigned long used;
	unsigned long *pfns;
};

int vtl1_memory_allocate(struct vtl1_memory *memory, u32 vp_count,
			 u64 ram_frame_count);
void vtl1_memory_free(struct vtl1_memory *memory);
void vtl1_memory_forget(struct vtl1_memory *memory);

unsigned long vtl1_memory_range_count(const struct vtl1_memory *memory);
void vtl1_memory_ranges(const struct vtl1_memory *memory,
			struct vtl1_frame_range *ranges);
int vtl1_memory_take(struct vtl1_memory *memory, unsigned long *pfn);

static inline void *vtl1_frame_address(unsigned long pfn)
{
	return page_address(pfn_to_page(pfn));
}

#endif
