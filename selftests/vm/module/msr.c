// SPDX-License-Identifier: MIT OR GPL-2.0-only

#include <linux/kernel.h>
#include <asm/asm.h>

#include "redoubt_test.h"

static int read_msr(u32 number, u64 *value)
{
	u64 low, high = 0;
	int fault = TEST_NO_FAULT;

	asm volatile("1: rdmsr\n"
		     "   jmp 3f\n"
		     "2: movl %%eax, %[fault]\n"
		     "3:\n"
		     _ASM_EXTABLE_FAULT(1b, 2b)
		     : "=&a"(low), "+d"(high), [fault] "+r"(fault)
		     : "c"(number)
		     : "memory");
	*value = low | high << 32;

	return fault;
}

static int write_msr(u32 number, u64 value)
{
	u64 low = lower_32_bits(value);
	int fault = TEST_NO_FAULT;

	asm volatile("1: wrmsr\n"
		     "   jmp 3f\n"
		     "2: movl %%eax, %[fault]\n"
		     "3:\n"
		     _ASM_EXTABLE_FAULT(1b, 2b)
		     : "+a"(low), [fault] "+r"(fault)
		     : "c"(number), "d"(upper_32_bits(value))
		     : "memory");

	return fault;
}

int test_msr(struct test_msr *msr)
{
	msr->fault = msr->is_write ? write_msr(msr->number, msr->value) :
				     read_msr(msr->number, &msr->value);

	return 0;
}
