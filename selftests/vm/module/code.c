// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "redoubt_test.h"

static const u8 returns_number[16] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0x78,
				       0x56, 0x34, 0x12, 0xc3 };

static u8 module_data[sizeof(returns_number)] = { 1 };

/* NX goes off the mapping, and so does what makes it the user's. */
static int execute_here(struct test_code *code, unsigned long address)
{
	unsigned long flags;
	unsigned int level;
	u64 *entry, before;

	local_irq_save(flags);
	entry = test_find_entry(address, &level);
	if (!entry) {
		local_irq_restore(flags);
		return -EFAULT;
	}
	before = *entry;
	WRITE_ONCE(*entry, before & ~(u64)(_PAGE_NX | _PAGE_USER));
	test_flush_address(address);
	code->fault = test_execute((void *)address, &code->value);
	WRITE_ONCE(*entry, before);
	test_flush_address(address);
	local_irq_restore(flags);

	return 0;
}

static int execute_in(struct test_code *code, void *buffer)
{
	if (!buffer)
		return -ENOMEM;
	memcpy(buffer, returns_number, sizeof(returns_number));

	return execute_here(code, (unsigned long)buffer);
}

static noinline int execute_on_stack(struct test_code *code)
{
	u8 buffer[sizeof(returns_number)] __aligned(16);

	return execute_in(code, buffer);
}

int test_code(struct test_code *code)
{
	void *buffer;
	int error;

	switch (code->where) {
	case TEST_CODE_KMALLOC:
		buffer = kmalloc(sizeof(returns_number), GFP_KERNEL);
		error = execute_in(code, buffer);
		kfree(buffer);
		return error;
	case TEST_CODE_VMALLOC:
		buffer = vmalloc(PAGE_SIZE);
		error = execute_in(code, buffer);
		vfree(buffer);
		return error;
	case TEST_CODE_STACK:
		return execute_on_stack(code);
	case TEST_CODE_DIRECT_MAP:
		return execute_in(code, test_pages + 5 * PAGE_SIZE);
	case TEST_CODE_DATA:
		return execute_in(code, module_data);
	case TEST_CODE_USER:
		return execute_here(code, code->address);
	default:
		return -EINVAL;
	}
}
