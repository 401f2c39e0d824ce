/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_USER_ONLY_H
#define REDOUBT_TEST_USER_ONLY_H

/* All of VTL0's memory that its kernel does not execute now becomes executable for users alone, by
 * a call of the self-test image: what sealing will do. */

#include <cpuid.h>

#include "hostile.h"
#include "hvcall/abi/redoubt_cpuid.h"
#include "selftests/vtl1/calls.h"

#define USER_ONLY (TLFS_PROTECT_READ | TLFS_PROTECT_WRITE | TLFS_PROTECT_USER_EXECUTE)

struct exit_counts {
	__u64 entries;	/* into the guest, so many exits */
	__u64 switches; /* to the user view */
};

/* Of this CPU; 0 on another hypervisor than ours. The question itself costs an exit. */
TAP_UNUSED static struct exit_counts exit_counts(void)
{
	unsigned int a, b, c, d;

	__cpuid(REDOUBT_CPUID_COUNTERS, a, b, c, d);

	return (struct exit_counts){ .entries = a | (__u64)b << 32,
				     .switches = c | (__u64)d << 32 };
}

static __u64 protect_pages(__u64 first, __u64 count, __u64 rights)
{
	return vtl_call_with(SELFTEST_CALL_PROTECT,
			     (struct vtl_arguments){ .rsi = first * PAGE_BYTES,
						     .rdx = count,
						     .r8 = rights })
		.status;
}

/* False: this image does not have the call, or the host no MBEC. */
TAP_UNUSED static bool can_protect_users(void)
{
	return protect_pages(own_gpa / PAGE_BYTES, 1, USER_ONLY) == VTL_STATUS_OK;
}

/* A page under an overlay of the hypervisor's cannot change; all around it can. */
static __u64 set_run(__u64 first, __u64 end, __u64 rights)
{
	__u64 count = end - first;

	if (count <= SELFTEST_PROTECT_PAGES_MAX &&
	    protect_pages(first, count, rights) == VTL_STATUS_OK)
		return count;
	if (count <= 1)
		return 0;

	return set_run(first, first + count / 2, rights) + set_run(first + count / 2, end, rights);
}

/* The next frame at or after `from` that must stay: the kernel executes it, or it is VTL1's. */
static struct test_frames next_kept(__u64 from, __u64 end)
{
	struct test_frames executable = { .from = from }, offline = { .from = from };

	if (hostile_ioctl(TEST_IOC_EXECUTABLE, &executable))
		executable.first = end;
	if (hostile_ioctl(TEST_IOC_FRAMES, &offline))
		offline.first = end;

	return executable.first < offline.first ? executable : offline;
}

static __u64 set_ram(__u64 first, __u64 end, __u64 rights)
{
	__u64 done = 0;

	while (first < end) {
		struct test_frames kept = next_kept(first, end);
		__u64 stop = kept.first < end ? kept.first : end;

		done += set_run(first, stop, rights);
		first = stop == end ? end : kept.first + kept.count;
	}

	return done;
}

/* USER_ONLY, or TLFS_PROTECT_ALL to take it back. Returns how many frames have these rights now. */
TAP_UNUSED static __u64 set_all(__u64 rights)
{
	FILE *map = fopen("/proc/iomem", "r");
	unsigned long long first, last;
	char line[256];
	__u64 done = 0;

	if (!map)
		bail_out("/proc/iomem: %s", strerror(errno));
	while (fgets(line, sizeof(line), map)) {
		if (line[0] != ' ' && strstr(line, "System RAM") &&
		    sscanf(line, "%llx-%llx", &first, &last) == 2)
			done += set_ram((first + PAGE_BYTES - 1) / PAGE_BYTES,
					(last + 1) / PAGE_BYTES, rights);
	}
	fclose(map);

	return done;
}

#endif
