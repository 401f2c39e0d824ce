// SPDX-License-Identifier: MIT

/*
 * A CPU that the driver knows nothing of, and that has no VTL1 to run, cannot be started. To be run with
 * nr_cpus=1 on two CPUs or more.
 */

#include "hostile.h"

#define LOW_GPA 0x10000 /* a page below 1 MiB, which Linux keeps for nobody */
#define RAN_AT 0x800

/* Real mode: incb %cs:RAN_AT; cli; hlt; again */
static const __u8 code[] = { 0x2e, 0xfe, 0x06, 0x00, 0x08, 0xfa, 0xf4, 0xeb, 0xfd };

int main(void)
{
	struct test_startup startup = { .cpu = 1, .vector = LOW_GPA >> 12 };
	volatile __u8 *low;

	if (!strstr(read_text("/proc/cmdline"), "nr_cpus=1"))
		skip_all("needs nr_cpus=1");
	hostile_open();
	low = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, hostile_device, LOW_GPA);
	if (low == MAP_FAILED)
		bail_out("page at 0x%x: %s", LOW_GPA, strerror(errno));
	memset((void *)low, 0, PAGE_BYTES);
	memcpy((void *)low, code, sizeof(code));
	must_do(TEST_IOC_STARTUP, &startup);
	usleep(300000);
	check_equal(low[RAN_AT], 0, "a CPU that is unknown to VTL0's kernel does not start");
	check_equal(redoubt_status().vtl1.vp_count, 1, "VTL1 runs on one VP");
	check(is_vtl1_well(), "and answers");

	return tap_end();
}
