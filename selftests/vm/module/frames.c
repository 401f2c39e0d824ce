// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page-flags.h>

#include "redoubt_test.h"

/* The driver marks VTL1's memory, and nothing else in these machines is so. */
static bool is_offline(unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page && PageOffline(page);
}

unsigned long test_end_pfn(void)
{
	unsigned long end = 0;
	int node;

	for_each_online_node(node)
		end = max(end, node_end_pfn(node));

	return end;
}

int test_frames(struct test_frames *frames)
{
	unsigned long pfn = frames->from, end = test_end_pfn();

	while (pfn < end && !is_offline(pfn))
		pfn++;
	if (pfn >= end)
		return -ENOENT;

	frames->first = pfn;
	while (pfn < end && is_offline(pfn))
		pfn++;
	frames->count = pfn - frames->first;

	return 0;
}
