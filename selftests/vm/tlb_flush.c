// SPDX-License-Identifier: MIT

/* TLB flush by hypercall: what is wrong is refused, and what is right works before it returns. */

#include "hostile.h"

#define INPUT 0
#define FILLED 1
#define PATTERN 0x5eedf00d5eedf00dull

static __u64 with_banks(__u64 control, unsigned int count)
{
	return control | (__u64)count << TLFS_CALL_VARIABLE_HEADER_SHIFT;
}

static int flush(__u64 flags, __u64 mask)
{
	struct tlfs_flush_virtual_address *input = page(INPUT);

	*input = (struct tlfs_flush_virtual_address){ .flags = flags, .processor_mask = mask };

	return hypercall(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, page_gpa(INPUT), 0).status;
}

static int flush_ex(unsigned int banks, __u64 format, __u64 valid, __u64 bank)
{
	struct tlfs_flush_virtual_address_ex *input = page(INPUT);

	memset(page(INPUT), 0, PAGE_BYTES);
	input->processors = (struct tlfs_vp_set){ format, valid };
	*(__u64 *)(input + 1) = bank;

	return hypercall(with_banks(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX, banks),
			 page_gpa(INPUT), 0)
		.status;
}

static void errors(void)
{
	unsigned int bit, bad = 0;

	check_equal(flush(0, 1), TLFS_STATUS_SUCCESS, "one VP");
	check_equal(flush(TLFS_FLUSH_ALL_PROCESSORS, 0), TLFS_STATUS_SUCCESS, "all VPs");
	check_equal(flush(0, ~0ull), TLFS_STATUS_SUCCESS, "VPs that do not exist");
	check_equal(flush(0, 0), TLFS_STATUS_INVALID_PARAMETER, "no VP");
	for (bit = 3; bit < 64; bit++)
		bad += flush(1ull << bit, 1) != TLFS_STATUS_INVALID_PARAMETER;
	check_equal(bad, 0, "flags that are not offered");
	check_equal(flush_ex(1, TLFS_VP_SET_SPARSE, 1, 1), TLFS_STATUS_SUCCESS, "a set of one VP");
	check_equal(flush_ex(0, TLFS_VP_SET_ALL, 0, 0), TLFS_STATUS_SUCCESS, "the set of all");
	check_equal(flush_ex(0, TLFS_VP_SET_SPARSE, 1, 1), TLFS_STATUS_INVALID_PARAMETER,
		    "fewer banks than the mask has");
	check_equal(flush_ex(2, TLFS_VP_SET_SPARSE, 1, 1), TLFS_STATUS_INVALID_PARAMETER,
		    "more banks");
	check_equal(flush_ex(1, TLFS_VP_SET_SPARSE, 1, 0), TLFS_STATUS_INVALID_PARAMETER,
		    "an empty set");
	check_equal(flush_ex(1, 2, 1, 1), TLFS_STATUS_INVALID_PARAMETER, "a format that is not one");
}

/* What another CPU reads after the call, by a mapping that was changed under it */
static void changed_mapping(unsigned int cpu, const char *how, __u64 control)
{
	struct test_flush test = {
		.cpu = cpu,
		.page = FILLED,
		.registers = { .rcx = control, .rdx = page_gpa(INPUT) },
	};

	must_do(TEST_IOC_FLUSH, &test);
	check(test.fault == TEST_NO_FAULT && (test.registers.rax & TLFS_RESULT_STATUS) == 0,
	      "CPU %u, %s: the call succeeds", cpu, how);
	check_equal(test.before, 0, "it read the old page");
	note("between change and call it read the %s page", test.stale ? "new" : "old");
	check_equal(test.after, PATTERN, "it reads the new one after the call");
}

static void on_other_cpu(unsigned int cpu)
{
	struct tlfs_flush_virtual_address *input = page(INPUT);
	struct tlfs_flush_virtual_address_ex *input_ex = page(INPUT);
	__u64 *words = page(INPUT);

	memset(page(INPUT), 0, PAGE_BYTES);
	memset(page(FILLED), 0, PAGE_BYTES);
	*(__u64 *)page(FILLED) = PATTERN;

	input->flags = TLFS_FLUSH_ALL_ADDRESS_SPACES;
	input->processor_mask = ~0ull;
	changed_mapping(cpu, "space", TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE);
	changed_mapping(cpu, "list", rep_control(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST, 2, 0));
	input->flags |= TLFS_FLUSH_ALL_PROCESSORS;
	input->processor_mask = 0;
	changed_mapping(cpu, "all processors", TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE);

	input_ex->flags = 0;
	input_ex->processors = (struct tlfs_vp_set){ TLFS_VP_SET_SPARSE, 1 };
	words[4] = 0xff;
	changed_mapping(cpu, "extended space",
			with_banks(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX, 1));
	changed_mapping(cpu, "extended list",
			with_banks(rep_control(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX, 1, 0), 1));
}

int main(void)
{
	unsigned int cpu;

	hostile_open();
	pin_to_cpu(0);
	errors();
	for (cpu = 1; cpu < cpu_count(); cpu++)
		on_other_cpu(cpu);
	check(is_vtl1_well(), "VTL1 answers");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
