// SPDX-License-Identifier: MIT

/*
 * VTL1's cryptography where it runs: on its own stacks, without vector code. How deep the stack is
 * used, and where QEMU counts instructions also how many there are.
 */

#include "hostile.h"
#include "selftests/vtl1/calls.h"

/* vtl1/boot/cpu_area.cpp, less than half of it: something is always below */
#define STACK_BYTES_MAX 8192

/* Documentation/architecture.rst: the longest stay in VTL1, and inside one signature check */
#define INSTRUCTIONS_MAX 5000000ull
#define SIGNATURE_INSTRUCTIONS_MAX 50000000ull

static bool is_counted;

/* One operation, or one known answer on the way to it; true if that. */
static bool step(__u64 which, const char *name, __u64 instructions_max)
{
	struct vtl_answer answer = vtl_call(SELFTEST_CALL_CRYPTO, which, 0);
	__u64 stack = answer.value & SELFTEST_CRYPTO_STACK_BYTES;
	__u64 ticks = (answer.value & ~SELFTEST_CRYPTO_AGAIN) >> SELFTEST_CRYPTO_TICKS_SHIFT;
	bool is_again = answer.value & SELFTEST_CRYPTO_AGAIN;

	check_equal(answer.status, VTL_STATUS_OK, "%s%s", name, is_again ? ": known answer" : "");
	check(stack > 0 && stack <= STACK_BYTES_MAX, "%llu bytes of stack", stack);
	if (is_counted)
		check(ticks <= instructions_max, "%llu instructions", ticks);

	return is_again;
}

static void operation(__u64 which, const char *name, __u64 instructions_max, unsigned int again)
{
	unsigned int steps = 0;

	while (step(which, name, instructions_max) && steps < again)
		steps++;
	/* Fewer if something has used it before. */
	check(steps <= again, "after %u known answers", steps);
}

int main(void)
{
	struct test_timing loop = { .what = TEST_TIME_LOOP, .count = 100 };

	hostile_open();
	if (vtl_call(SELFTEST_CALL_CRYPTO, SELFTEST_CRYPTO_COUNT, 0).status ==
	    VTL_STATUS_UNKNOWN_CALL)
		skip_all("VTL1 has no test calls");
	must_do(TEST_IOC_TIMING, &loop);
	is_counted = loop.least == 2;
	operation(SELFTEST_CRYPTO_HASHES, "hashes", INSTRUCTIONS_MAX, 0);
	operation(SELFTEST_CRYPTO_GENERATE, "a new key", SIGNATURE_INSTRUCTIONS_MAX, 1);
	operation(SELFTEST_CRYPTO_SIGN, "a signature", SIGNATURE_INSTRUCTIONS_MAX, 0);
	operation(SELFTEST_CRYPTO_VERIFY, "its verification", SIGNATURE_INSTRUCTIONS_MAX, 2);
	check_equal(vtl_call(SELFTEST_CALL_CRYPTO, SELFTEST_CRYPTO_FORGED, 0).status,
		    VTL_STATUS_REFUSED, "it is no signature of something else");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
