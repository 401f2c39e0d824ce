/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_HOSTILE_H
#define REDOUBT_TEST_HOSTILE_H

/* /dev/redoubt_test in convenient form: calls and accesses as a hostile kernel would make them. */

#include <sys/mman.h>

#include "hvcall/abi/tlfs_hypercall.h"
#include "hvcall/abi/vtl_call.h"
#include "hvcall/abi/witness.h"
#include "module/test_abi.h"
#include "vtl0.h"

#define INVALID_OPCODE 6
#define GENERAL_PROTECTION 13

static int hostile_device = -1;

/* The device's own pages, as the test sees them and as the machine does. */
static __u8 *own_pages;
static __u64 own_gpa;

TAP_UNUSED static int hostile_ioctl(unsigned long command, void *argument)
{
	return ioctl(hostile_device, command, argument) == 0 ? 0 : errno;
}

/* To be called first. */
TAP_UNUSED static void hostile_open(void)
{
	struct test_info info;
	int error = load_module(module_path("redoubt_test"));

	if (error && error != EEXIST)
		bail_out("redoubt_test.ko: %s", strerror(error));
	hostile_device = open("/dev/redoubt_test", O_RDWR | O_CLOEXEC);
	if (hostile_device < 0 || hostile_ioctl(TEST_IOC_INFO, &info))
		bail_out("/dev/redoubt_test: %s", strerror(errno));
	own_gpa = info.gpa;
	own_pages = mmap(NULL, TEST_PAGE_COUNT * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			 hostile_device, (off_t)own_gpa);
	if (own_pages == MAP_FAILED)
		bail_out("own pages: %s", strerror(errno));
	memset(own_pages, 0, TEST_PAGE_COUNT * PAGE_BYTES);
}

/* Own page number n */
TAP_UNUSED static void *page(unsigned int n)
{
	return own_pages + n * PAGE_BYTES;
}

TAP_UNUSED static __u64 page_gpa(unsigned int n)
{
	return own_gpa + n * PAGE_BYTES;
}

TAP_UNUSED static void must_do(unsigned long command, void *argument)
{
	int error = hostile_ioctl(command, argument);

	if (error)
		bail_out("ioctl %lx: %s", command, strerror(error));
}

/* A device's page; accesses must be as wide as the device wants them. */
TAP_UNUSED static volatile __u32 *map_device_page(__u64 gpa)
{
	void *address = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, hostile_device,
			     (off_t)gpa);

	if (address == MAP_FAILED)
		bail_out("page 0x%llx: %s", gpa, strerror(errno));

	return address;
}

/* Raw VMMCALL; returns the fault. Registers are replaced. */
TAP_UNUSED static int vmmcall(struct test_registers *registers)
{
	struct test_vmmcall call = { .in = *registers };

	must_do(TEST_IOC_VMMCALL, &call);
	*registers = call.out;

	return (int)call.fault;
}

/* The status, or ~0 after a fault */
struct vtl_answer {
	__u64 status;
	__u64 value;
};

struct vtl_arguments {
	__u64 rsi, rdx, r8, r9, r10;
};

TAP_UNUSED static struct vtl_answer vtl_call_with(__u64 id, struct vtl_arguments arguments)
{
	struct test_registers registers = {
		.rcx = TLFS_CALL_VTL_CALL, .rdi = id,		.rsi = arguments.rsi,
		.rdx = arguments.rdx,	   .r8 = arguments.r8,	.r9 = arguments.r9,
		.r10 = arguments.r10,
	};

	if (vmmcall(&registers) != TEST_NO_FAULT)
		return (struct vtl_answer){ .status = ~0ull };

	return (struct vtl_answer){ .status = registers.r8, .value = registers.r9 };
}

TAP_UNUSED static struct vtl_answer vtl_call(__u64 id, __u64 rsi, __u64 rdx)
{
	return vtl_call_with(id, (struct vtl_arguments){ .rsi = rsi, .rdx = rdx });
}

/* TLFS status; -1 after #UD, -2 after another fault */
struct hypercall_answer {
	int status;
	unsigned int reps;
};

TAP_UNUSED static struct hypercall_answer hypercall(__u64 control, __u64 input_gpa,
						    __u64 output_gpa)
{
	struct test_registers registers = { .rcx = control, .rdx = input_gpa, .r8 = output_gpa };
	int fault = vmmcall(&registers);

	if (fault != TEST_NO_FAULT)
		return (struct hypercall_answer){ .status = fault == INVALID_OPCODE ? -1 : -2 };

	return (struct hypercall_answer){
		.status = (int)(registers.rax & TLFS_RESULT_STATUS),
		.reps = (unsigned int)(registers.rax >> TLFS_RESULT_REPS_SHIFT & TLFS_CALL_REP_MAX),
	};
}

TAP_UNUSED static __u64 rep_control(__u64 code, unsigned int count, unsigned int start)
{
	return code | (__u64)count << TLFS_CALL_REP_COUNT_SHIFT |
	       (__u64)start << TLFS_CALL_REP_START_SHIFT;
}

/* Accesses return the fault. */
TAP_UNUSED static int access_page(__u64 gpa, __u32 access, __u64 *value)
{
	struct test_memory memory = { .gpa = gpa, .access = access, .value = value ? *value : 0 };

	must_do(TEST_IOC_MEMORY, &memory);
	if (value)
		*value = memory.value;

	return memory.fault;
}

TAP_UNUSED static int read_msr(__u32 number, __u64 *value)
{
	struct test_msr msr = { .number = number };

	must_do(TEST_IOC_MSR, &msr);
	if (msr.fault == TEST_NO_FAULT)
		*value = msr.value;

	return (int)msr.fault;
}

TAP_UNUSED static int write_msr(__u32 number, __u64 value)
{
	struct test_msr msr = { .number = number, .is_write = 1, .value = value };

	must_do(TEST_IOC_MSR, &msr);

	return (int)msr.fault;
}

/* The witness log's pages are VTL1's, and open to be read. */
TAP_UNUSED static bool is_witness_page(__u64 gpa)
{
	static struct vtl_witness witness;
	unsigned int i;

	if (!witness.page_count &&
	    vtl_call(VTL_CALL_WITNESS, page_gpa(TEST_PAGE_COUNT - 1), 0).status == VTL_STATUS_OK)
		memcpy(&witness, page(TEST_PAGE_COUNT - 1), sizeof(witness));
	for (i = 0; i < witness.page_count; i++) {
		if (gpa == witness.page_gpa[i])
			return true;
	}

	return false;
}

/* VTL1's closed frames as the driver marks them: up to `max` addresses, spread over all of them. */
TAP_UNUSED static unsigned int vtl1_pages(__u64 *gpas, unsigned int max, __u64 *total)
{
	struct test_frames run = {};
	unsigned int found = 0;
	__u64 count = 0, seen = 0, i;

	while (hostile_ioctl(TEST_IOC_FRAMES, &run) == 0) {
		count += run.count;
		run.from = run.first + run.count;
	}
	*total = count;
	run.from = 0;
	while (count && hostile_ioctl(TEST_IOC_FRAMES, &run) == 0) {
		for (i = 0; i < run.count; i++, seen++) {
			bool is_last = seen == count - 1;

			if (is_witness_page((run.first + i) * PAGE_BYTES))
				continue;
			if (found < max && (is_last || seen * (max - 1) / count >= found))
				gpas[found++] = (run.first + i) * PAGE_BYTES;
		}
		run.from = run.first + run.count;
	}

	return found;
}

/* A frame of VTL1's, for what needs only one */
TAP_UNUSED static __u64 vtl1_page(void)
{
	__u64 gpa = 0, total;

	if (vtl1_pages(&gpa, 1, &total) != 1)
		bail_out("no frame is offline: is VTL1 there?");

	return gpa;
}

struct named_gpa {
	const char *name;
	__u64 gpa;
};

/* Past all RAM */
TAP_UNUSED static __u64 ram_end(void)
{
	const char *line = read_text("/proc/iomem");
	__u64 end = 0;

	for (; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		unsigned long long first, last;
		char name[32];

		if (sscanf(line, "%llx-%llx : %31[^\n]", &first, &last, name) == 3 &&
		    strcmp(name, "System RAM") == 0 && last + 1 > end)
			end = last + 1;
	}

	return end;
}

/* Aligned addresses that are not VTL0's RAM. Returns how many. */
TAP_UNUSED static unsigned int bad_pages(struct named_gpa *list, unsigned int max)
{
	const struct named_gpa all[] = {
		{ "VTL1's memory", vtl1_page() },
		{ "the local APIC", 0xfee00000 },
		{ "the I/O APIC", 0xfec00000 },
		{ "the PCI hole", 0xe0000000 },
		{ "the firmware's ROM", 0xfffff000 },
		{ "the end of RAM", ram_end() },
		{ "1 TiB", 1ull << 40 },
		{ "the highest physical address", (1ull << 52) - PAGE_BYTES },
		{ "past all physical addresses", 1ull << 52 },
		{ "2^63", 1ull << 63 },
		{ "the last page of 64 bits", ~(PAGE_BYTES - 1) },
	};
	unsigned int i, count = sizeof(all) / sizeof(*all);

	for (i = 0; i < count && i < max; i++)
		list[i] = all[i];

	return i;
}
#define BAD_PAGES_MAX 16

/* Whether VTL1 still answers as it should, with a page as argument. */
TAP_UNUSED static bool is_vtl1_well(void)
{
	struct vtl_echo *echo = page(TEST_PAGE_COUNT - 1);
	struct vtl_answer answer;
	unsigned int i;
	bool ok;

	memset(echo, 0xee, sizeof(*echo));
	echo->size_bytes = 100;
	echo->reserved = 0;
	for (i = 0; i < 100; i++)
		echo->data[i] = (__u8)(i * 3);
	answer = vtl_call(VTL_CALL_ECHO, page_gpa(TEST_PAGE_COUNT - 1), 0);
	ok = answer.status == VTL_STATUS_OK && answer.value == 100;
	for (i = 0; i < VTL_ECHO_BYTES_MAX; i++)
		ok = ok && echo->data[i] == (i < 100 ? (__u8)(i * 3) : 0);

	return ok;
}

/* At the end of a test that VTL1 must not have noticed. */
TAP_UNUSED static void check_vtl1_unchanged(const struct redoubt_status *before)
{
	struct redoubt_status after = redoubt_status();

	check(after.vtl1.memory_bytes == before->vtl1.memory_bytes &&
		      after.vtl1.phase == before->vtl1.phase,
	      "VTL1 is as it was");
	check(is_vtl1_well(), "and answers");
}

#endif
