/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CONFORMANCE_H
#define REDOUBT_CONFORMANCE_H

/*
 * The VTL0 half in user mode: starts VTL1's half if nobody has yet, and asks both for what a test
 * needs. Each result is named by its item of Documentation/vsm-conformance.rst.
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

/* ---- Start ---- */

/* Without VTL1: by hypercall of VTL0; the status */
TAP_UNUSED static int get_register0(__u8 input_vtl, __u32 name, struct tlfs_register_value *value)
{
	struct tlfs_vp_registers_header *header = page(PAIR_PAGE_COUNT - 2);
	struct tlfs_register_value *output = page(PAIR_PAGE_COUNT - 1);
	struct answer answer;

	*header = (struct tlfs_vp_registers_header){ .partition_id = TLFS_PARTITION_SELF,
						     .vp_index = TLFS_VP_SELF,
						     .input_vtl = input_vtl };
	*(__u32 *)(header + 1) = name;
	answer = hypercall0(rep(TLFS_CALL_GET_VP_REGISTERS, 1, 0), page_gpa(PAIR_PAGE_COUNT - 2),
			    page_gpa(PAIR_PAGE_COUNT - 1));
	*value = *output;

	return answer.status;
}

#define VTL0_TARGET (TLFS_INPUT_VTL_USE_TARGET | 0)
#define VTL1_TARGET (TLFS_INPUT_VTL_USE_TARGET | 1)

TAP_UNUSED static __u64 vsm_register0(__u32 name)
{
	struct tlfs_register_value value;
	int status = get_register0(VTL0_TARGET, name, &value);

	if (status)
		bail_out("VSM register 0x%x: status 0x%x", name, status);

	return value.low;
}

TAP_UNUSED static bool is_partition_enabled(void)
{
	return vsm_register0(TLFS_REG_VSM_PARTITION_STATUS) >> 1 & 1;
}

TAP_UNUSED static bool offers_mbec(void)
{
	return vsm_register0(TLFS_REG_VSM_CAPABILITIES) >> (TLFS_VSM_MBEC_VTL_MASK_SHIFT + 1) & 1;
}

TAP_UNUSED static struct answer enable_partition0(__u64 partition, __u8 vtl, __u8 flags)
{
	struct tlfs_enable_partition_vtl *input = page(0);

	*input = (struct tlfs_enable_partition_vtl){ .partition_id = partition,
						     .target_vtl = vtl,
						     .flags = flags };

	return hypercall0(TLFS_CALL_ENABLE_PARTITION_VTL, page_gpa(0), 0);
}

TAP_UNUSED static struct answer enable_vp0(__u32 vp, __u8 vtl,
					   const struct tlfs_initial_vp_context *context)
{
	struct tlfs_enable_vp_vtl *input = page(0);

	*input = (struct tlfs_enable_vp_vtl){ .partition_id = TLFS_PARTITION_SELF,
					      .vp_index = vp,
					      .target_vtl = vtl,
					      .context = *context };

	return hypercall0(TLFS_CALL_ENABLE_VP_VTL, page_gpa(0), 0);
}

static void open_device(void)
{
	struct pair_pages pages;
	int error = load_module(module_path("redoubt_pair"));
	__u32 eax, ebx, ecx, edx;

	__cpuid(TLFS_CPUID_VENDOR, eax, ebx, ecx, edx);
	if (ebx != TLFS_VENDOR_EBX || ecx != TLFS_VENDOR_ECX || edx != TLFS_VENDOR_EDX)
		skip_all("no Hyper-V interface");
	if (access("/dev/redoubt", F_OK) == 0)
		skip_all("VTL1 is Redoubt's: boot without its driver");
	if (error && error != EEXIST)
		bail_out("redoubt_pair.ko: %s", strerror(error));
	pair_device = open("/dev/redoubt_pair", O_RDWR | O_CLOEXEC);
	if (pair_device < 0)
		bail_out("/dev/redoubt_pair: %s", strerror(errno));
	pair_must(PAIR_IOC_PAGES, &pages, "pages");
	pair_gpa = pages.gpa;
	pair_memory = mmap(NULL, PAIR_PAGE_COUNT * PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_SHARED, pair_device, (off_t)pair_gpa);
	if (pair_memory == MAP_FAILED)
		bail_out("pages: %s", strerror(errno));
	memset(pair_memory, 0, PAIR_PAGE_COUNT * PAGE_BYTES);
}

TAP_UNUSED static __u32 vp_index0(void)
{
	__u64 value;

	if (read_msr(TLFS_MSR_VP_INDEX, &value) != PAIR_NO_VECTOR)
		bail_out("no VP_INDEX");

	return (__u32)value;
}

TAP_UNUSED static void find_vtl_call(void)
{
	pair_call_offset = vsm_register0(TLFS_REG_VSM_CODE_PAGE_OFFSETS) & TLFS_VSM_CODE_OFFSET;
}

TAP_UNUSED static struct pair_prepare prepare(void)
{
	struct pair_prepare prepared = { .has_mbec = offers_mbec() };

	pair_must(PAIR_IOC_PREPARE, &prepared, "preparing VTL1");

	return prepared;
}

/* VTL1 on every other CPU: enabled by VTL1 on CPU 0, then called once from there. */
TAP_UNUSED static void start_others(void)
{
	unsigned int cpu;

	for (cpu = 1; cpu < cpu_count() && cpu < PAIR_CPU_MAX; cpu++) {
		__u32 index;

		pin_to_cpu(cpu);
		index = vp_index0();
		pin_to_cpu(0);
		if (vtl1(PAIR_ENABLE_VP, index, 0, 0, 0))
			bail_out("VTL1 cannot enable VP %u", index);
		pin_to_cpu(cpu);
		vtl1(PAIR_HELLO, 0, 0, 0, 0);
	}
	pin_to_cpu(0);
}

/* To be called first; afterwards the caller runs on CPU 0, and VTL1 on every CPU. */
TAP_UNUSED static void conformance_open(void)
{
	unsigned int cpu;

	open_device();
	pin_to_cpu(0);
	find_vtl_call();
	if (!is_partition_enabled()) {
		struct pair_prepare prepared = prepare();
		__u8 flags = prepared.has_mbec ? TLFS_ENABLE_PARTITION_VTL_MBEC : 0;

		if (enable_partition0(TLFS_PARTITION_SELF, 1, flags).status ||
		    enable_vp0(TLFS_VP_SELF, 1, &prepared.context).status)
			bail_out("VTL1 cannot be enabled");
		vtl1(PAIR_HELLO, 0, 0, 0, 0);
		start_others();
	}
	for (cpu = 0; cpu < cpu_count() && cpu < PAIR_CPU_MAX; cpu++) {
		pin_to_cpu(cpu);
		vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	}
	pin_to_cpu(0);
}

/* All test pages open, nothing asked of VTL1 any more, VTL0 unharmed. To be returned from main. */
TAP_UNUSED static int conformance_end(void)
{
	const char *trouble;

	pin_to_cpu(0);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	check_equal(protect1(pair_gpa, PAIR_PAGE_COUNT, TLFS_PROTECT_ALL), 0, "all pages are open again");
	trouble = trouble_in(kernel_log());
	check(!trouble, "VTL0's kernel has nothing to complain about");
	if (trouble)
		note("%s", trouble);

	return tap_end();
}

#endif
