// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/io.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/stop_machine.h>
#include <linux/vmalloc.h>

#include <asm/asm.h>

#include "redoubt_test.h"

#define BREAKPOINT 0xcc

/* One instruction: it is judged as a whole. */
static int copy_fixed_up(u8 *to, const u8 *from, size_t length)
{
	u64 fault = TEST_NO_FAULT;

	asm volatile("1: rep movsb\n"
		     "2:\n"
		     _ASM_EXTABLE_FAULT(1b, 2b)
		     : "+a"(fault), "+D"(to), "+S"(from), "+c"(length)
		     :
		     : "memory");

	return fault;
}

/* @address has been made writable. */
static void attack(struct test_store *store, u8 *address)
{
	u8 breakpoint = BREAKPOINT;
	size_t skipped = store->has_breakpoint && store->length > 1 ? 1 : 0;
	size_t length = store->length - skipped;
	u64 original = 0, value = store->value;

	memcpy(&original, address, store->length);
	if (store->is_mask)
		value ^= original;
	store->breakpoint_fault = TEST_NO_FAULT;
	if (store->has_breakpoint)
		store->breakpoint_fault = copy_fixed_up(address, &breakpoint, 1);

	memcpy(&store->before, address, store->length);
	store->fault = copy_fixed_up(address + skipped, (u8 *)&value + skipped,
				     length);
	memcpy(&store->after, address, store->length);

	copy_fixed_up(address + skipped, (u8 *)&original + skipped, length);
	copy_fixed_up(address, (u8 *)&original, 1);
}

struct writable_store {
	struct test_store *store;
	unsigned long address; /* where to store */
};

/* Nothing else runs on any CPU. */
static int store_alone(void *data)
{
	struct writable_store *writable = data;
	unsigned int level;
	u64 *entry = test_find_entry(writable->address, &level);
	u64 before;

	if (!entry)
		return -EFAULT;
	before = *entry;
	WRITE_ONCE(*entry, before | _PAGE_RW | _PAGE_DIRTY);
	test_flush_address(writable->address);
	attack(writable->store, (u8 *)writable->address);
	WRITE_ONCE(*entry, before);
	test_flush_address(writable->address);

	return 0;
}

static unsigned long gpa_of(unsigned long address)
{
	unsigned int level;
	u64 *entry = test_find_entry(address, &level);
	unsigned long size = PAGE_SIZE << 9 * (entry ? level : 0);

	return entry ? (*entry & PTE_PFN_MASK & ~(size - 1)) +
			       (address & (size - 1)) :
		       0;
}

static void *map_alias(unsigned long gpa)
{
	struct page *page = pfn_to_page(PHYS_PFN(gpa));

	return vmap(&page, 1, VM_MAP, PAGE_KERNEL);
}

int test_store(struct test_store *store)
{
	struct writable_store writable = { store, store->address };
	unsigned long gpa = gpa_of(store->address);
	void *alias = NULL;
	int error;

	if (!gpa || store->by > TEST_BY_ADDRESS || !store->length ||
	    store->length > sizeof(store->value) ||
	    offset_in_page(store->address) + store->length > PAGE_SIZE)
		return -EINVAL;
	if (store->by == TEST_BY_DIRECT_MAP)
		writable.address = (unsigned long)phys_to_virt(gpa);
	if (store->by == TEST_BY_ALIAS) {
		alias = map_alias(gpa);
		if (!alias)
			return -ENOMEM;
		writable.address = (unsigned long)alias + offset_in_page(gpa);
	}
	error = stop_machine(store_alone, &writable, NULL);
	vunmap(alias);

	return error;
}

static int lay_alone(void *data)
{
	struct test_overlay *overlay = data;
	const u64 *word = (const u64 *)overlay->address;
	struct test_msr before = { .number = overlay->msr };
	struct test_msr msr = before;
	int error = test_msr(&before);

	if (error || before.fault != TEST_NO_FAULT)
		return error ? error : -ENXIO;
	overlay->before = READ_ONCE(*word);
	msr.is_write = 1;
	msr.value = (before.value & ~PAGE_MASK) | overlay->gpa | 1;
	test_msr(&msr);
	overlay->after = READ_ONCE(*word);
	overlay->fault = msr.fault;
	before.is_write = 1;
	test_msr(&before);

	return 0;
}

int test_overlay(struct test_overlay *overlay)
{
	if (overlay->address % sizeof(u64))
		return -EINVAL;
	overlay->gpa = gpa_of(overlay->address) & PAGE_MASK;
	if (!overlay->gpa)
		return -EINVAL;

	return stop_machine(lay_alone, overlay, NULL);
}
