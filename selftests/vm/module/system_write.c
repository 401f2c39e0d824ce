// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/errno.h>
#include <linux/irqflags.h>
#include <asm/asm.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/special_insns.h>

#include "redoubt_test.h"

/* One instruction that may fault; @rip is where it lies. */
#define TRY_TO(instruction, rip, fault, ...)                    \
	asm volatile("   leaq 1f(%%rip), %[at]\n"               \
		     "1: " instruction "\n"                     \
		     "   jmp 3f\n"                              \
		     "2: movl %%eax, %[result]\n"               \
		     "3:\n"                                     \
		     _ASM_EXTABLE_FAULT(1b, 2b)                 \
		     : [at] "=&r"(rip), [result] "+&r"(fault)   \
		     : __VA_ARGS__                              \
		     : "rax", "memory")

/* The same for what takes its value in EDX:EAX and its register's number in ECX. */
#define TRY_HALVES(instruction, rip, fault, number, value)              \
	do {                                                            \
		u64 low = (u32)(value);                                 \
									\
		asm volatile("   leaq 1f(%%rip), %[at]\n"               \
			     "1: " instruction "\n"                     \
			     "   jmp 3f\n"                              \
			     "2: movl %%eax, %[result]\n"               \
			     "3:\n"                                     \
			     _ASM_EXTABLE_FAULT(1b, 2b)                 \
			     : [at] "=&r"(rip), [result] "+&r"(fault),  \
			       "+a"(low)                                \
			     : "c"(number), "d"((value) >> 32)          \
			     : "memory");                               \
	} while (0)

/* What LMSW and LLDT take from memory */
static u16 operand;

static u64 read_xcr0(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));

	return low | (u64)high << 32;
}

static u64 table_value(const struct desc_ptr *table)
{
	return table->address ^ (u64)table->size << 48;
}

static u64 read_register(const struct test_system_write *write)
{
	struct desc_ptr table;
	u16 selector = 0;
	u64 value;

	switch (write->what) {
	case TEST_CR4:
	case TEST_CR4_PREFIXED:
		asm volatile("mov %%cr4, %0" : "=r"(table.address));
		return table.address;
	case TEST_GDTR:
		native_store_gdt(&table);
		return table_value(&table);
	case TEST_IDTR:
		store_idt(&table);
		return table_value(&table);
	case TEST_LDTR:
	case TEST_LDTR_MEMORY:
		store_ldt(selector);
		return selector;
	case TEST_TR:
		store_tr(selector);
		return selector;
	case TEST_XCR0:
		return boot_cpu_has(X86_FEATURE_OSXSAVE) ? read_xcr0() : 0;
	case TEST_MSR:
		return rdmsrl_safe(write->msr, &value) ? 0 : value;
	default:
		return native_read_cr0();
	}
}

static int write_register(struct test_system_write *write, u64 value)
{
	int fault = TEST_NO_FAULT;
	struct desc_ptr table;
	u64 rip = 0;

	operand = value;
	switch (write->what) {
	case TEST_CR0:
		TRY_TO("mov %[value], %%cr0", rip, fault, [value] "r"(value));
		break;
	case TEST_CR4:
		TRY_TO("mov %[value], %%cr4", rip, fault, [value] "r"(value));
		break;
	case TEST_CR4_PREFIXED: /* operand size, segment, REX.W */
		TRY_TO(".byte 0x66, 0x2e, 0x48, 0x0f, 0x22, 0xe1", rip, fault, "c"(value));
		break;
	case TEST_CLTS:
		TRY_TO("clts", rip, fault, "i"(0));
		break;
	case TEST_LMSW:
		TRY_TO("lmsw %w[value]", rip, fault, [value] "r"(value));
		break;
	case TEST_LMSW_MEMORY:
		TRY_TO("lmsw %[value]", rip, fault, [value] "m"(operand));
		break;
	case TEST_GDTR:
		native_store_gdt(&table);
		table.size ^= value;
		TRY_TO("lgdt %[value]", rip, fault, [value] "m"(table));
		break;
	case TEST_IDTR:
		store_idt(&table);
		table.size ^= value;
		TRY_TO("lidt %[value]", rip, fault, [value] "m"(table));
		break;
	case TEST_LDTR:
		TRY_TO("lldt %w[value]", rip, fault, [value] "r"(value));
		break;
	case TEST_LDTR_MEMORY:
		TRY_TO("lldt %[value]", rip, fault, [value] "m"(operand));
		break;
	case TEST_TR:
		TRY_TO("ltr %w[value]", rip, fault, [value] "r"(read_register(write) ^ value));
		break;
	case TEST_MSR:
		TRY_HALVES("wrmsr", rip, fault, write->msr, value);
		break;
	default:
		TRY_HALVES("xsetbv", rip, fault, 0, value);
		break;
	}
	write->rip = rip;

	return fault;
}

static bool is_mask(u32 what)
{
	return what == TEST_CR0 || what == TEST_CR4 || what == TEST_CR4_PREFIXED ||
	       what == TEST_XCR0 || what == TEST_MSR;
}

/* LMSW and CLTS: the whole of CR0 comes back. */
static void undo(const struct test_system_write *write)
{
	bool is_table = write->what == TEST_GDTR || write->what == TEST_IDTR;
	struct test_system_write back = { .what = TEST_CR0, .msr = write->msr };

	if (is_table || is_mask(write->what))
		back.what = write->what;
	write_register(&back, is_table ? write->value : write->before);
}

int test_system_write(struct test_system_write *write)
{
	unsigned long flags;

	if (write->what > TEST_MSR)
		return -EINVAL;
	local_irq_save(flags);
	write->before = read_register(write);
	write->fault = write_register(write, is_mask(write->what) ?
						     write->before ^ write->value :
						     write->value);
	write->after = read_register(write);
	if (write->after != write->before)
		undo(write);
	local_irq_restore(flags);

	return 0;
}
