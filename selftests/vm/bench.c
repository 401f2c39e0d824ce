// SPDX-License-Identifier: MIT

/*
 * What VTL0 can measure by itself, in instructions: only where QEMU counts instructions, for then a
 * tick of the time-stamp counter is one. What happens inside VTL1 is counted by the plugin of
 * selftests/bench; this program is its workload.
 */

#include "hostile.h"

#define CALLS 1000

static struct test_timing measure(__u32 what)
{
	struct test_timing timing = { .what = what, .count = CALLS };

	must_do(TEST_IOC_TIMING, &timing);

	return timing;
}

/* The longest entries that VTL0 can ask for */
static void work_for_the_plugin(void)
{
	struct vtl_echo *echo = page(0);
	__u64 sequence = 0, value = 0, i;
	struct vtl_answer answer;

	memset(echo, 0, sizeof(*echo));
	echo->size_bytes = VTL_ECHO_BYTES_MAX;
	vtl_call(VTL_CALL_ECHO, page_gpa(0), 0);
	vtl_call(VTL_CALL_STATUS, page_gpa(0), 0);
	for (i = 0; i < 4; i++)
		access_page(vtl1_page(), TEST_READ, &value);
	do {
		answer = vtl_call(VTL_CALL_LOG_READ, page_gpa(1), sequence);
		if (answer.value == sequence)
			break;
		sequence = answer.value;
	} while (answer.status == VTL_STATUS_OK);
}

int main(void)
{
	struct test_timing loop, call, hypercall;

	hostile_open();
	pin_to_cpu(0);
	loop = measure(TEST_TIME_LOOP);
	if (loop.least != 2)
		bail_out("2 instructions take %llu ticks: instructions are not counted here",
			 loop.least);
	hypercall = measure(TEST_TIME_HYPERCALL);
	call = measure(TEST_TIME_VTL_CALL);
	work_for_the_plugin();
	printf("bench hypercall_roundtrip %llu instructions\n", hypercall.total / CALLS);
	printf("bench vtl_call_roundtrip %llu instructions\n", call.total / CALLS);

	return 0;
}
