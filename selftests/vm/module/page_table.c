// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include <asm/special_insns.h>

#include "redoubt_test.h"

#define ENTRIES 512u
#define LEVELS_MAX 5u
#define TOP_LEVEL (pgtable_l5_enabled() ? 4u : 3u)
#define ENTRY_FLAGS (~PTE_PFN_MASK)

static unsigned int index_at(unsigned long address, unsigned int level)
{
	return address >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1);
}

static bool is_leaf(u64 entry, unsigned int level)
{
	return level == 0 || (entry & _PAGE_PSE);
}

u64 *test_find_entry(unsigned long address, unsigned int *level)
{
	u64 table = __read_cr3();
	u64 *entry;

	for (*level = TOP_LEVEL;; (*level)--) {
		entry = (u64 *)phys_to_virt(table & PTE_PFN_MASK) +
			index_at(address, *level);
		if (!(READ_ONCE(*entry) & _PAGE_PRESENT))
			return NULL;
		if (is_leaf(READ_ONCE(*entry), *level))
			return entry;
		table = READ_ONCE(*entry);
	}
}

/* Entries of the kernel's are global: no write of CR3 flushes them. */
void test_flush_address(unsigned long address)
{
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* The table below an entry: a copy of its own one, or of what a large page is. */
static void fill_table(u64 *into, u64 entry, unsigned int level)
{
	u64 flags = entry & ENTRY_FLAGS;
	unsigned int i;

	if (!is_leaf(entry, level)) {
		copy_page(into, phys_to_virt(entry & PTE_PFN_MASK));
		return;
	}
	if (level == 1)
		flags &= ~(u64)_PAGE_PSE;
	for (i = 0; i < ENTRIES; i++)
		into[i] = ((entry & PTE_PFN_MASK) +
			   ((u64)i << (PAGE_SHIFT + 9 * (level - 1)))) |
			  flags;
}

/* @tables: one for each level. Returns what CR3 is to be. */
static u64 make_tables(u64 *tables[], unsigned long address, u64 gpa)
{
	unsigned int level = TOP_LEVEL;
	u64 cr3 = __read_cr3();
	u64 *entry;

	copy_page(tables[level], phys_to_virt(cr3 & PTE_PFN_MASK));
	for (; level > 0; level--) {
		entry = tables[level] + index_at(address, level);
		fill_table(tables[level - 1], *entry, level);
		*entry = virt_to_phys(tables[level - 1]) |
			 (*entry & ENTRY_FLAGS & ~(u64)(_PAGE_PSE | _PAGE_NX |
							_PAGE_GLOBAL));
	}
	entry = tables[0] + index_at(address, 0);
	*entry = gpa | (*entry & ENTRY_FLAGS & ~(u64)_PAGE_NX);

	return virt_to_phys(tables[TOP_LEVEL]) | (cr3 & ~CR3_ADDR_MASK);
}

static int execute_with(u64 cr3, unsigned long address, u64 *value)
{
	u64 before = __read_cr3();
	unsigned long flags;
	int fault;

	local_irq_save(flags);
	native_write_cr3(cr3);
	test_flush_address(address);
	fault = test_execute((void *)address, value);
	native_write_cr3(before);
	test_flush_address(address);
	local_irq_restore(flags);

	return fault;
}

int test_remap(struct test_remap *remap)
{
	u64 *tables[LEVELS_MAX] = {};
	unsigned int level, i;
	int error = -ENOMEM;

	if (!PAGE_ALIGNED(remap->gpa) ||
	    !test_find_entry(remap->address, &level))
		return -EINVAL;
	for (i = 0; i <= TOP_LEVEL; i++) {
		tables[i] = (u64 *)get_zeroed_page(GFP_KERNEL);
		if (!tables[i])
			goto free_tables;
	}
	preempt_disable();
	remap->fault = execute_with(make_tables(tables, remap->address,
						remap->gpa),
				    remap->address, &remap->value);
	preempt_enable();
	error = 0;

free_tables:
	for (i = 0; i < LEVELS_MAX; i++)
		free_page((unsigned long)tables[i]);

	return error;
}
