// SPDX-License-Identifier: MIT

/* VTL0 reads, writes and executes VTL1's memory in every way it has: denied, counted, no harm. */

#include <setjmp.h>
#include <signal.h>

#include "hostile.h"

#define SAMPLES 64

static __u64 samples[SAMPLES];
static unsigned int sample_count;

static void from_kernel_mode(__u32 access, const char *name)
{
	unsigned int i, bad = 0;

	for (i = 0; i < sample_count; i++) {
		__u64 value = 0x4141414141414141;
		__u64 offset = i * 264 % PAGE_BYTES & ~7ull;
		int fault = access_page(samples[i] + offset, access, &value);

		if (fault != GENERAL_PROTECTION) {
			note("0x%llx: fault %d", samples[i], fault);
			bad++;
		}
	}
	check_equal(bad, 0, "%s of %u pages of VTL1's: #GP", name, sample_count);
}

/* The means must be able to do what is denied: the same on a page of VTL0's own. */
static void means_work(void)
{
	static const __u8 code[] = { 0xf3, 0x0f, 0x1e, 0xfa,		/* endbr64 */
				     0xb8, 0x78, 0x56, 0x34, 0x12, 0xc3 }; /* mov $.., %eax; ret */
	__u64 value = 0x1122334455667788;

	check(access_page(page_gpa(3) + 8, TEST_WRITE, &value) == TEST_NO_FAULT &&
		      ((__u64 *)page(3))[1] == value,
	      "the kernel can write a page of its own");
	value = 0;
	check(access_page(page_gpa(3) + 8, TEST_READ, &value) == TEST_NO_FAULT &&
		      value == 0x1122334455667788,
	      "and read it");
	memcpy(page(3), code, sizeof(code));
	value = 0;
	check(access_page(page_gpa(3), TEST_EXECUTE, &value) == TEST_NO_FAULT &&
		      value == 0x12345678,
	      "and execute it");
}

static sigjmp_buf back;

static void on_signal(int number)
{
	siglongjmp(back, number);
}

static int try_in_user_mode(volatile __u64 *where, __u32 access)
{
	int number = sigsetjmp(back, 1);

	if (number)
		return number;
	if (access == TEST_READ)
		(void)*where;
	else if (access == TEST_WRITE)
		*where = 0;
	else
		((void (*)(void))where)();

	return 0;
}

static void from_user_mode(void)
{
	void *mapped = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED,
			    hostile_device, (off_t)samples[0]);

	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	signal(SIGILL, on_signal);
	if (!check(mapped != MAP_FAILED, "VTL0 can map VTL1's page into a program"))
		return;
	check_equal(try_in_user_mode(mapped, TEST_READ), SIGSEGV, "which cannot read it");
	check_equal(try_in_user_mode(mapped, TEST_WRITE), SIGSEGV, "or write it");
	check_equal(try_in_user_mode(mapped, TEST_EXECUTE), SIGSEGV, "or execute it");
	munmap(mapped, PAGE_BYTES);
}

/* The hypervisor reads and writes on VTL0's behalf, with VTL0's rights. */
static void by_hypercall(void)
{
	__u32 *names = page(4) + sizeof(struct tlfs_vp_registers_header);
	struct tlfs_vp_registers_header *header = page(4);
	__u64 control = rep_control(TLFS_CALL_GET_VP_REGISTERS, 1, 0);

	memset(page(4), 0, PAGE_BYTES);
	header->partition_id = TLFS_PARTITION_SELF;
	header->vp_index = TLFS_VP_SELF;
	names[0] = 0x00090003; /* VP index */
	check_equal(hypercall(control, page_gpa(4), page_gpa(5)).status, TLFS_STATUS_SUCCESS,
		    "a hypercall with output to a page of VTL0's");
	check_equal(hypercall(control, page_gpa(4), samples[0]).status,
		    TLFS_STATUS_INVALID_PARAMETER, "is refused with output to VTL1's");
	check_equal(hypercall(control, samples[0], page_gpa(5)).status,
		    TLFS_STATUS_INVALID_PARAMETER, "and with input from there");
}

int main(void)
{
	struct redoubt_status before, after;
	__u64 total;

	hostile_open();
	means_work();
	sample_count = vtl1_pages(samples, SAMPLES, &total);
	if (!check(sample_count > 1, "VTL1's memory is known"))
		return tap_end();
	note("%u of %llu pages", sample_count, total);

	before = redoubt_status();
	from_kernel_mode(TEST_READ, "a read");
	after = redoubt_status();
	check_equal(after.vtl1.denied_reads - before.vtl1.denied_reads, sample_count,
		    "each read is counted");
	from_kernel_mode(TEST_WRITE, "a write");
	before = redoubt_status();
	check_equal(before.vtl1.denied_writes - after.vtl1.denied_writes, sample_count,
		    "each write is counted");
	from_kernel_mode(TEST_EXECUTE, "execution");
	after = redoubt_status();
	check_equal(after.vtl1.denied_executes - before.vtl1.denied_executes, sample_count,
		    "each fetch is counted");
	check(after.vtl1.denied_reads == before.vtl1.denied_reads &&
		      after.vtl1.denied_writes == before.vtl1.denied_writes,
	      "as what it was");

	before = after;
	from_user_mode();
	after = redoubt_status();
	check(after.vtl1.denied_reads == before.vtl1.denied_reads + 1 &&
		      after.vtl1.denied_writes == before.vtl1.denied_writes + 1 &&
		      after.vtl1.denied_executes == before.vtl1.denied_executes + 1,
	      "each of these is counted once");
	by_hypercall();
	check_equal(redoubt_status().vtl1.phase, VTL_PHASE_BOOT, "VTL1 is unharmed");
	check(is_vtl1_well(), "and answers");

	return tap_end();
}
