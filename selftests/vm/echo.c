// SPDX-License-Identifier: MIT

/* VTL calls that succeed. */

#include "hostile.h"

static bool echo_once(unsigned int size, __u8 seed)
{
	struct vtl_echo *echo = page(0);
	struct vtl_answer answer;
	unsigned int i;

	memset(echo, 0xff, sizeof(*echo));
	echo->size_bytes = size;
	echo->reserved = 0;
	for (i = 0; i < size; i++)
		echo->data[i] = (__u8)(seed + i * 7);
	answer = vtl_call(VTL_CALL_ECHO, page_gpa(0), 0);
	if (answer.status != VTL_STATUS_OK || answer.value != size || echo->size_bytes != size ||
	    echo->reserved != 0)
		return false;
	for (i = 0; i < VTL_ECHO_BYTES_MAX; i++) {
		if (echo->data[i] != (i < size ? (__u8)(seed + i * 7) : 0))
			return false;
	}

	return true;
}

static void versions(void)
{
	struct vtl_answer version = vtl_call(VTL_CALL_VERSION, 0, 0);
	struct vtl_answer features = vtl_call(VTL_CALL_FEATURES, 0, 0);
	struct redoubt_status status = redoubt_status();

	check_equal(version.status, VTL_STATUS_OK, "version answers");
	check_equal(version.value & 0xffffffff, VTL_CALL_ABI_VERSION, "with the ABI's version");
	check_equal(version.value >> 32, status.vtl1.vtl1_version, "and VTL1's");
	check_equal(features.status, VTL_STATUS_OK, "features answers");
	check_equal(features.value, VTL_FEATURE_ECHO | VTL_FEATURE_LOG | VTL_FEATURE_CPU_START,
		    "with echo, log and CPU start");
}

static void calls_are_counted(void)
{
	struct redoubt_status before = redoubt_status(), after;
	unsigned int i;

	for (i = 0; i < 100; i++)
		vtl_call(VTL_CALL_VERSION, 0, 0);
	after = redoubt_status();
	check_equal(after.vtl1.calls - before.vtl1.calls, 101, "every call is counted");
}

int main(void)
{
	static const unsigned int sizes[] = { 1, 2, 7, 8, 4000, 4087, VTL_ECHO_BYTES_MAX };
	unsigned int cpu;
	size_t i;

	hostile_open();
	versions();
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		check(echo_once(sizes[i], (__u8)i), "%u bytes come back, the rest is 0", sizes[i]);
	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		check(echo_once(1000, (__u8)cpu), "on CPU %u", cpu);
	}
	calls_are_counted();

	return tap_end();
}
