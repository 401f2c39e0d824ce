// SPDX-License-Identifier: MIT

/*
 * VTL1 starts itself on a VP that VTL0 never ran, and starts VTL0 there. To be run with
 * the self-test image, and with Linux on fewer CPUs than there are (maxcpus=1).
 */

#include "hostile.h"
#include "selftests/vtl1/calls.h"

#define VP 1

static __u64 start(__u64 id, __u64 rip, __u64 cr3)
{
	return vtl_call_with(id, (struct vtl_arguments){ .rsi = VP, .rdx = rip, .r8 = cr3 }).status;
}

static struct test_start code(void)
{
	struct test_start start;

	must_do(TEST_IOC_START, &start);

	return start;
}

int main(void)
{
	struct test_start before;
	unsigned int i;

	if (cpu_count() != 1 || !strstr(read_text("/proc/cmdline"), "maxcpus=1"))
		skip_all("needs maxcpus=1");
	hostile_open();
	if (vtl_call(SELFTEST_CALL_FREE_FRAMES, 0, 0).status == VTL_STATUS_UNKNOWN_CALL)
		skip_all("not the self-test image");
	before = code();
	check_equal(start(SELFTEST_CALL_ENABLE_VP, 0, 0), VTL_STATUS_INTERNAL,
		    "VTL1 is enabled there already");
	check_equal(start(SELFTEST_CALL_START_VTL1, 0, 0), VTL_STATUS_OK, "and starts anew");
	usleep(100000);
	check_equal(code().count, 0, "VTL0 does not");
	check_equal(start(SELFTEST_CALL_START_VTL0, before.rip, before.cr3), VTL_STATUS_OK,
		    "VTL1 starts VTL0");
	for (i = 0; i < 100 && code().count == 0; i++)
		usleep(10000);
	check(code().count > 0, "which runs");
	check_equal(start(SELFTEST_CALL_START_VTL0, before.rip, before.cr3), VTL_STATUS_INTERNAL,
		    "and cannot be started again");
	check_equal(start(SELFTEST_CALL_START_VTL1, 0, 0), VTL_STATUS_INTERNAL, "nor VTL1");
	check_equal(start(SELFTEST_CALL_SUSPEND_VTL0, 0, 0), VTL_STATUS_OK, "VTL1 stops it");
	before = code();
	usleep(100000);
	check_equal(code().count, before.count, "it does not run any more");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
