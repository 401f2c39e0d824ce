/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_PAIR_HALVES_H
#define REDOUBT_PAIR_HALVES_H

/*
 * What a test can have done: by VTL0's half in the kernel, and by VTL1's half.
 */
#include <cpuid.h>
#include <pthread.h>
#include <sys/mman.h>

#include "hvcall/abi/tlfs_cpuid.h"
#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"
#include "module_abi.h"
#include "selftests/vm/vtl0.h"

#define DIVIDE_ERROR 0
#define INVALID_OPCODE 6
#define GENERAL_PROTECTION 13
#define PAGE_FAULT 14

#define PAIR_CPU_MAX PAIR_VP_MAX

static int pair_device = -1;
static __u8 *pair_memory; /* PAIR_PAGE_COUNT pages of VTL0's, here and in the machine */
static __u64 pair_gpa;
static __u32 pair_call_offset; /* of the VTL call in VTL0's hypercall page */

TAP_UNUSED static void *page(unsigned int n)
{
	return pair_memory + n * PAGE_BYTES;
}

TAP_UNUSED static __u64 page_gpa(unsigned int n)
{
	return pair_gpa + n * PAGE_BYTES;
}

TAP_UNUSED static void pair_must(unsigned long command, void *argument, const char *name)
{
	if (ioctl(pair_device, command, argument) != 0)
		bail_out("%s: %s", name, strerror(errno));
}

/* ---- In VTL0 ---- */

TAP_UNUSED static struct pair_try attempt(__u32 what, __u64 first, __u64 second)
{
	struct pair_try one = { .what = what, .argument = { first, second } };

	pair_must(PAIR_IOC_TRY, &one, "an attempt");

	return one;
}

TAP_UNUSED static int read_msr(__u32 number, __u64 *value)
{
	struct pair_try one = attempt(PAIR_TRY_RDMSR, number, 0);

	*value = one.fault == PAIR_NO_VECTOR ? one.value : 0;

	return one.fault;
}

TAP_UNUSED static int write_msr(__u32 number, __u64 value)
{
	struct pair_try one = {
		.what = PAIR_TRY_WRMSR, .argument = { number, value, 0, 0, 0, 0, 0, 1 }
	};

	pair_must(PAIR_IOC_TRY, &one, "an attempt");

	return one.fault;
}

struct answer {
	int status;	   /* -1: the call faulted */
	unsigned int reps;
};

static struct answer answer_of(__u64 rax)
{
	return (struct answer){ .status = (int)(rax & TLFS_RESULT_STATUS),
				.reps = rax >> TLFS_RESULT_REPS_SHIFT & TLFS_CALL_REP_MAX };
}

/* Through the hypercall page of VTL0. */
TAP_UNUSED static struct answer hypercall0(__u64 control, __u64 input, __u64 output)
{
	struct pair_hypercall call = { .rcx = control, .rdx = input, .r8 = output,
				       .how = PAIR_CALL_RAW };

	pair_must(PAIR_IOC_HYPERCALL, &call, "a hypercall");

	return call.fault == PAIR_NO_VECTOR ? answer_of(call.rax) : (struct answer){ .status = -1 };
}

TAP_UNUSED static __u64 rep(__u64 code, unsigned int count, unsigned int start)
{
	return code | (__u64)count << TLFS_CALL_REP_COUNT_SHIFT |
	       (__u64)start << TLFS_CALL_REP_START_SHIFT;
}

/* ---- In VTL1 ---- */

/* The last VTL call, and what came of it */
static __thread struct pair_call last_call;

TAP_UNUSED static struct pair_command *last(void)
{
	return &last_call.command;
}

TAP_UNUSED static void make_call(void)
{
	last_call.call_offset = pair_call_offset;
	pair_must(PAIR_IOC_CALL, &last_call, "a VTL call");
}

/* The command's status; data as last()->data has it. */
TAP_UNUSED static __u32 vtl1_with(__u32 operation, __u64 a, __u64 b, __u64 c, __u64 d)
{
	struct pair_command *command = last();

	last_call.how = 0;
	last_call.control = 0;
	command->operation = operation;
	command->status = PAIR_UNKNOWN;
	memset(command->argument, 0, sizeof(command->argument));
	command->argument[0] = a;
	command->argument[1] = b;
	command->argument[2] = c;
	command->argument[3] = d;
	make_call();

	return command->status;
}

/* A command that must succeed; its first result. */
TAP_UNUSED static __u64 vtl1(__u32 operation, __u64 a, __u64 b, __u64 c, __u64 d)
{
	__u32 status = vtl1_with(operation, a, b, c, d);

	if (status != PAIR_OK)
		bail_out("VTL1: command %u: status %u, vector %u at 0x%llx, CR2 0x%llx", operation,
			 status, last()->fault.vector, (unsigned long long)last()->fault.rip,
			 (unsigned long long)last()->fault.cr2);

	return last()->result[0];
}

TAP_UNUSED static struct answer hypercall1(__u64 control, __u64 input, __u64 output)
{
	if (vtl1_with(PAIR_HYPERCALL, control, input, output, 0) != PAIR_OK)
		return (struct answer){ .status = -1 };

	return answer_of(last()->result[0]);
}

/* Accesses in one go, without leaving VTL1. */
TAP_UNUSED static void msrs1(struct pair_msr *list, unsigned int count)
{
	memcpy(last()->data, list, count * sizeof(*list));
	vtl1(PAIR_MSRS, count, 0, 0, 0);
	memcpy(list, last()->data, count * sizeof(*list));
}

TAP_UNUSED static int read_msr1(__u32 number, __u64 *value)
{
	struct pair_msr one = { .number = number };

	msrs1(&one, 1);
	*value = one.value;

	return (__s32)one.fault;
}

TAP_UNUSED static int write_msr1(__u32 number, __u64 value)
{
	struct pair_msr one = { .number = number, .is_write = 1, .value = value };

	msrs1(&one, 1);

	return (__s32)one.fault;
}

/* Registers by hypercall of VTL1; the status, 0 for success */
TAP_UNUSED static int get_register1(__u8 vtl, __u32 name, struct tlfs_register_value *value)
{
	__u64 rax = vtl1(PAIR_REGISTERS, name, 0, vtl, TLFS_VP_SELF);

	*value = (struct tlfs_register_value){ last()->result[1], last()->result[2] };

	return (int)(rax & TLFS_RESULT_STATUS);
}

TAP_UNUSED static int set_register_of1(__u32 vp, __u8 vtl, __u32 name, __u64 low, __u64 high)
{
	struct pair_command *command = last();

	last_call.how = 0;
	*command = (struct pair_command){
		.operation = PAIR_REGISTERS, .argument = { name, 1, vtl, vp, low, high }
	};
	make_call();
	if (command->status != PAIR_OK)
		bail_out("VTL1: SetVpRegisters faulted");

	return (int)(command->result[0] & TLFS_RESULT_STATUS);
}

TAP_UNUSED static int set_register1(__u8 vtl, __u32 name, __u64 low, __u64 high)
{
	return set_register_of1(TLFS_VP_SELF, vtl, name, low, high);
}

TAP_UNUSED static int protect1(__u64 gpa, __u64 count, __u32 flags)
{
	return (int)(vtl1(PAIR_PROTECT, gpa, count, flags, 0) & TLFS_RESULT_STATUS);
}

TAP_UNUSED static void policies1(const struct pair_policy *list, unsigned int count)
{
	memset(last()->data, 0, PAIR_DATA_BYTES);
	memcpy(last()->data, list, count * sizeof(*list));
	vtl1(PAIR_POLICY, 0, 0, 0, 0);
}

TAP_UNUSED static void policy1(__u32 action, __u64 value)
{
	const struct pair_policy one = { .action = action, .count = 1, .value = value };

	policies1(&one, 1);
}

/* Of a VP, whatever that one does meanwhile */
TAP_UNUSED static struct pair_counters counters_of(__u32 vp)
{
	struct pair_counters counters;

	vtl1(PAIR_COUNTERS, 1ull + vp, 0, 0, 0);
	memcpy(&counters, last()->data, sizeof(counters));

	return counters;
}

TAP_UNUSED static struct pair_counters counters1(void)
{
	struct pair_counters counters;

	vtl1(PAIR_COUNTERS, 0, 0, 0, 0);
	memcpy(&counters, last()->data, sizeof(counters));

	return counters;
}

TAP_UNUSED static struct pair_record record1(unsigned int back)
{
	struct pair_record record;

	vtl1(PAIR_RECORD, back, 0, 0, 0);
	memcpy(&record, last()->data, sizeof(record));

	return record;
}

TAP_UNUSED static const struct tlfs_gpa_intercept *as_memory(const struct pair_record *record)
{
	return (const void *)record->message.payload;
}

#endif
