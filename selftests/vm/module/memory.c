// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/io.h>
#include <linux/kdebug.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>
#include <asm/pgtable.h>

#include "redoubt_test.h"

static int read_fixed_up(void *address, u64 *value)
{
	u64 fault = TEST_NO_FAULT;

	asm volatile("1: movq (%[address]), %[value]\n"
		     "2:\n"
		     _ASM_EXTABLE_FAULT(1b, 2b)
		     : "+a"(fault), [value] "=&r"(*value)
		     : [address] "r"(address)
		     : "memory");

	return fault;
}

static int write_fixed_up(void *address, u64 value)
{
	u64 fault = TEST_NO_FAULT;

	asm volatile("1: movq %[value], (%[address])\n"
		     "2:\n"
		     _ASM_EXTABLE_FAULT(1b, 2b)
		     : "+a"(fault)
		     : [address] "r"(address), [value] "r"(value)
		     : "memory");

	return fault;
}

/*
 * A fetch faults where the exception table does not reach: at the target. Who
 * is executing there, and what became of it
 */
static struct {
	struct task_struct *task;
	unsigned long target;
	int fault;
} execution;

static int on_die(struct notifier_block *block, unsigned long what, void *data)
{
	struct die_args *args = data;
	struct pt_regs *regs = args->regs;

	if (what != DIE_GPF || READ_ONCE(execution.task) != current ||
	    regs->ip != execution.target)
		return NOTIFY_DONE;

	/* As if the called code had returned */
	execution.fault = args->trapnr;
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(unsigned long);

	return NOTIFY_STOP;
}

static struct notifier_block die_block = {
	.notifier_call = on_die,
	.priority = INT_MAX,
};

int test_execute(void *address, u64 *value)
{
	u64 result = 0;

	execution.target = (unsigned long)address;
	execution.fault = TEST_NO_FAULT;
	WRITE_ONCE(execution.task, current);
	asm volatile(CALL_NOSPEC
		     : ASM_CALL_CONSTRAINT, "+a"(result)
		     : THUNK_TARGET(address)
		     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		       "cc", "memory");
	WRITE_ONCE(execution.task, NULL);
	*value = result;

	return execution.fault;
}

/* Takes NX off a mapping that nobody but this CPU uses. */
static void make_executable(void *address)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)address, &level);

	if (!pte || level != PG_LEVEL_4K)
		return;
	WRITE_ONCE(pte->pte, pte->pte & ~_PAGE_NX);
	asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static bool is_ram(unsigned long pfn)
{
	return pfn_valid(pfn) && page_is_ram(pfn);
}

/* The direct map of the kernel's own image is read-only. */
static bool needs_alias(unsigned long pfn, bool executable)
{
	return executable || PageReserved(pfn_to_page(pfn));
}

/* What the kernel has mapped cached already (ACPI tables) goes only like that. */
static void *map_device(phys_addr_t gpa)
{
	void __iomem *address = ioremap(gpa, PAGE_SIZE);

	if (!address)
		address = ioremap_cache(gpa, PAGE_SIZE);

	return (void __force *)address;
}

static void *map_page(unsigned long pfn, bool executable)
{
	struct page *page;
	void *address;

	if (is_ram(pfn) && !needs_alias(pfn, executable))
		return page_address(pfn_to_page(pfn));

	if (is_ram(pfn)) {
		page = pfn_to_page(pfn);
		address = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	} else {
		address = map_device(PFN_PHYS(pfn));
	}
	if (address && executable)
		make_executable(address);

	return address;
}

static void unmap_page(unsigned long pfn, bool executable, void *address)
{
	if (!is_ram(pfn))
		iounmap((void __iomem __force *)address);
	else if (needs_alias(pfn, executable))
		vunmap(address);
}

int test_memory(struct test_memory *memory)
{
	bool executable = memory->access == TEST_EXECUTE;
	unsigned long pfn = PHYS_PFN(memory->gpa);
	void *page, *address;

	if (memory->access > TEST_EXECUTE || memory->gpa % sizeof(u64))
		return -EINVAL;
	page = map_page(pfn, executable);
	if (!page)
		return -ENOMEM;
	address = page + offset_in_page(memory->gpa);

	preempt_disable();
	switch (memory->access) {
	case TEST_READ:
		memory->fault = read_fixed_up(address, &memory->value);
		break;
	case TEST_WRITE:
		memory->fault = write_fixed_up(address, memory->value);
		break;
	case TEST_EXECUTE:
		memory->fault = test_execute(address, &memory->value);
		break;
	}
	preempt_enable();
	unmap_page(pfn, executable, page);

	return 0;
}

int test_memory_init(void)
{
	return register_die_notifier(&die_block);
}

void test_memory_exit(void)
{
	unregister_die_notifier(&die_block);
}
