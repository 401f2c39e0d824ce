// SPDX-License-Identifier: MIT OR GPL-2.0-only

/* Single instructions that VTL1 may refuse. */

#include <linux/io.h>
#include <linux/mm.h>
#include <asm/asm.h>
#include <asm/processor-flags.h>

#include "pair.h"

/* One instruction; `fault` becomes the vector if it faults. The handler puts it into RAX. */
#define ATTEMPT(instruction, ...)                                              \
	asm volatile("1: " instruction "\n"                                    \
		     "   jmp 3f\n"                                             \
		     "2: movl %%eax, %[fault]\n"                               \
		     "3:\n" _ASM_EXTABLE_FAULT(1b, 2b)                         \
		     __VA_ARGS__)

static int read_msr(u32 number, u64 *value)
{
	u32 low, high = 0;
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("rdmsr", : "=&a"(low), "+d"(high), [fault] "+b"(fault)
		: "c"(number)
		: "memory");
	*value = low | (u64)high << 32;

	return fault;
}

static int write_msr(u32 number, u64 value)
{
	u32 low = lower_32_bits(value);
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("wrmsr", : "+a"(low), [fault] "+b"(fault)
		: "c"(number), "d"(upper_32_bits(value))
		: "memory");

	return fault;
}

static int read_memory(const u64 *address, u64 *value)
{
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("movq (%[address]), %%rax", : "=&a"(*value), [fault] "+b"(fault)
		: [address] "D"(address)
		: "memory");

	return fault;
}

static int write_memory(u64 *address, u64 value)
{
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("movq %%rax, (%[address])", : "+a"(value), [fault] "+b"(fault)
		: [address] "D"(address)
		: "memory");

	return fault;
}

static u64 read_cr(u32 number)
{
	u64 value = 0;

	switch (number) {
	case 0:
		asm volatile("mov %%cr0, %0" : "=r"(value));
		break;
	case 2:
		asm volatile("mov %%cr2, %0" : "=r"(value));
		break;
	case 3:
		asm volatile("mov %%cr3, %0" : "=r"(value));
		break;
	case 4:
		asm volatile("mov %%cr4, %0" : "=r"(value));
		break;
	case 8:
		asm volatile("mov %%cr8, %0" : "=r"(value));
		break;
	}

	return value;
}

static int write_cr(u32 number, u64 value)
{
	int fault = PAIR_NO_VECTOR;

	switch (number) {
	case 0:
		ATTEMPT("mov %%rax, %%cr0", : "+a"(value), [fault] "+b"(fault) : : "memory");
		break;
	case 3:
		ATTEMPT("mov %%rax, %%cr3", : "+a"(value), [fault] "+b"(fault) : : "memory");
		break;
	case 4:
		ATTEMPT("mov %%rax, %%cr4", : "+a"(value), [fault] "+b"(fault) : : "memory");
		break;
	case 8:
		ATTEMPT("mov %%rax, %%cr8", : "+a"(value), [fault] "+b"(fault) : : "memory");
		break;
	}

	return fault;
}

static int clear_ts(void)
{
	u64 rax = 0;
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("clts", : "+a"(rax), [fault] "+b"(fault) : : "memory");

	return fault;
}

/* TS is set first, so that there is something to clear. */
static void try_clear_ts(struct pair_try *attempt)
{
	attempt->before = read_cr(0) & ~X86_CR0_TS;
	write_cr(0, attempt->before | X86_CR0_TS);
	attempt->fault = clear_ts();
	attempt->value = read_cr(0);
	if (attempt->value != attempt->before)
		write_cr(0, attempt->before);
}

static int load_msw(u64 value)
{
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("lmsw %%ax", : "+a"(value), [fault] "+b"(fault) : : "memory");

	return fault;
}

struct table {
	u16 limit;
	u64 base;
} __packed;

static int load_gdt_register(const struct table *table)
{
	u64 rax = 0;
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("lgdt (%%rdi)", : "+a"(rax), [fault] "+b"(fault) : "D"(table) : "memory");

	return fault;
}

static int load_idt_register(const struct table *table)
{
	u64 rax = 0;
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("lidt (%%rdi)", : "+a"(rax), [fault] "+b"(fault) : "D"(table) : "memory");

	return fault;
}

static int try_table(struct pair_try *attempt, bool is_gdt)
{
	struct table old = {}, new, now = {};

	if (is_gdt)
		asm volatile("sgdt %0" : "+m"(old));
	else
		asm volatile("sidt %0" : "+m"(old));
	new = old;
	new.limit += attempt->argument[0];
	attempt->before = old.limit;
	attempt->fault = is_gdt ? load_gdt_register(&new) : load_idt_register(&new);
	if (is_gdt)
		asm volatile("sgdt %0" : "+m"(now));
	else
		asm volatile("sidt %0" : "+m"(now));
	attempt->value = now.limit;
	if (now.limit != old.limit || now.base != old.base)
		return is_gdt ? load_gdt_register(&old) : load_idt_register(&old);

	return 0;
}

static int load_ldt_register(u16 selector)
{
	u64 rax = selector;
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("lldt %%ax", : "+a"(rax), [fault] "+b"(fault) : : "memory");

	return fault;
}

static int load_task_register(u16 selector)
{
	u64 rax = selector;
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("ltr %%ax", : "+a"(rax), [fault] "+b"(fault) : : "memory");

	return fault;
}

static int write_xcr(u32 number, u64 value)
{
	u32 low = lower_32_bits(value);
	int fault = PAIR_NO_VECTOR;

	ATTEMPT("xsetbv", : "+a"(low), [fault] "+b"(fault)
		: "c"(number), "d"(upper_32_bits(value))
		: "memory");

	return fault;
}

static u64 read_xcr(u32 number)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(number));

	return low | (u64)high << 32;
}

static void restore(struct pair_try *attempt, int (*write)(u32, u64))
{
	if (attempt->argument[7] != 1 && attempt->value != attempt->before)
		write(attempt->argument[0], attempt->before);
}

static int try_instruction(struct pair_try *attempt)
{
	const u64 *argument = attempt->argument;

	switch (attempt->what) {
	case PAIR_TRY_RDMSR:
		attempt->fault = read_msr(argument[0], &attempt->value);
		break;
	case PAIR_TRY_WRMSR:
		read_msr(argument[0], &attempt->before);
		attempt->fault = write_msr(argument[0], argument[1]);
		read_msr(argument[0], &attempt->value);
		restore(attempt, write_msr);
		break;
	case PAIR_TRY_READ:
		attempt->fault = read_memory(phys_to_virt(argument[0]), &attempt->value);
		break;
	case PAIR_TRY_WRITE:
		attempt->fault = write_memory(phys_to_virt(argument[0]), argument[1]);
		break;
	case PAIR_TRY_READ_CR:
		attempt->value = read_cr(argument[0]);
		break;
	case PAIR_TRY_WRITE_CR:
		attempt->before = read_cr(argument[0]);
		attempt->fault = write_cr(argument[0], argument[1]);
		attempt->value = read_cr(argument[0]);
		restore(attempt, write_cr);
		break;
	case PAIR_TRY_CLTS:
		try_clear_ts(attempt);
		break;
	case PAIR_TRY_LMSW:
		attempt->before = read_cr(0);
		attempt->fault = load_msw(argument[0]);
		attempt->value = read_cr(0);
		if (attempt->value != attempt->before)
			write_cr(0, attempt->before);
		break;
	case PAIR_TRY_LGDT:
		return try_table(attempt, true) > 0 ? -EIO : 0;
	case PAIR_TRY_LIDT:
		return try_table(attempt, false) > 0 ? -EIO : 0;
	case PAIR_TRY_LLDT:
		attempt->fault = load_ldt_register(argument[0]);
		break;
	case PAIR_TRY_LTR:
		attempt->fault = load_task_register(argument[0]);
		break;
	case PAIR_TRY_XSETBV:
		attempt->before = read_xcr(argument[0]);
		attempt->fault = write_xcr(argument[0], argument[1]);
		attempt->value = read_xcr(argument[0]);
		restore(attempt, write_xcr);
		break;
	default:
		return -EINVAL;
	}

	return 0;
}

int pair_try(struct pair_try *attempt)
{
	unsigned long flags;
	int error;

	attempt->fault = PAIR_NO_VECTOR;
	local_irq_save(flags);
	error = try_instruction(attempt);
	attempt->cr2 = read_cr(2);
	local_irq_restore(flags);

	return error;
}
