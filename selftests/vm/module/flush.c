// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/delay.h>
#include <linux/io.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>

#include "redoubt_test.h"

#define SPIN_LIMIT 50000000u

/*
 * A CPU that reads through one mapping with interrupts off, so that nothing
 * but the flush takes it out of its guest.
 */
struct reader {
	const u64 *address;
	u32 asked; /* questions; the reader answers each one */
	u32 answered;
	u64 answer;
};

static void read_on(void *data)
{
	struct reader *reader = data;
	u32 seen = 0, spins;

	WRITE_ONCE(reader->answer, READ_ONCE(*reader->address));
	smp_store_release(&reader->answered, 1);
	for (spins = 0; spins < SPIN_LIMIT && seen != U32_MAX; spins++) {
		u32 asked = smp_load_acquire(&reader->asked);

		if (asked != seen) {
			WRITE_ONCE(reader->answer, READ_ONCE(*reader->address));
			smp_store_release(&reader->answered, asked + 1);
			seen = asked;
		}
		cpu_relax();
	}
}

/* The value that the reader sees from now on, U64_MAX if it does not answer */
static u64 ask(struct reader *reader, u32 question)
{
	u32 spins;

	smp_store_release(&reader->asked, question);
	for (spins = 0; spins < SPIN_LIMIT; spins++) {
		if (smp_load_acquire(&reader->answered) == question + 1)
			return READ_ONCE(reader->answer);
		cpu_relax();
	}

	return U64_MAX;
}

static void point_at(pte_t *pte, unsigned long pfn)
{
	WRITE_ONCE(pte->pte, (pte->pte & ~PTE_PFN_MASK) | PFN_PHYS(pfn));
}

int test_flush(struct test_flush *flush)
{
	struct page *page = virt_to_page(test_pages);
	unsigned long first = page_to_pfn(page);
	struct reader reader = {};
	unsigned int level;
	u64 *address;
	pte_t *pte;
	int error;

	if (flush->page >= TEST_PAGE_COUNT || flush->cpu >= nr_cpu_ids ||
	    !cpu_online(flush->cpu) || flush->cpu == raw_smp_processor_id())
		return -EINVAL;

	address = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	if (!address)
		return -ENOMEM;
	pte = lookup_address((unsigned long)address, &level);
	reader.address = address;
	error = smp_call_function_single((int)flush->cpu, read_on, &reader, 0);
	if (error || level != PG_LEVEL_4K)
		goto out;

	flush->before = ask(&reader, 1);
	point_at(pte, first + flush->page);
	flush->stale = ask(&reader, 2);
	flush->fault = test_vmmcall(&flush->registers);
	flush->after = ask(&reader, 3);
	point_at(pte, first);
	ask(&reader, U32_MAX);
	test_vmmcall(&flush->registers);
out:
	vunmap(address);

	return error;
}
