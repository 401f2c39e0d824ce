// SPDX-License-Identifier: MIT

/* With no Hyper-V interface below: the driver refuses with one line, and VTL0 goes on. */

#include <cpuid.h>

#include "hvcall/abi/tlfs_cpuid.h"
#include "vtl0.h"

static bool is_hyper_v(void)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(1, eax, ebx, ecx, edx);
	if (!(ecx >> 31))
		return false;
	__cpuid(TLFS_CPUID_VENDOR, eax, ebx, ecx, edx);

	return ebx == TLFS_VENDOR_EBX && ecx == TLFS_VENDOR_ECX && edx == TLFS_VENDOR_EDX;
}

/* Lines of the driver's own, not those of the module loader about it */
static unsigned int driver_lines(void)
{
	const char *at = kernel_log();
	unsigned int count = 0;

	while ((at = strstr(at, "redoubt: ")) != NULL) {
		at += strlen("redoubt: ");
		count += strncmp(at, "loading out-of-tree", 19) != 0 &&
			 strncmp(at, "module verification", 19) != 0;
	}

	return count;
}

int main(void)
{
	unsigned int before;
	int round;

	if (is_hyper_v())
		skip_all("there is a hypervisor with Hyper-V's interface");
	for (round = 1; round <= 2; round++) {
		before = driver_lines();
		check_equal(load_module(module_path("redoubt")), ENODEV, "try %d: ENODEV", round);
		check_equal(driver_lines(), before + 1, "and one line in the kernel's log");
	}
	check(strstr(kernel_log(), "redoubt: not loaded: no hypervisor with Hyper-V's interface"),
	      "which says what is missing");
	check(!strstr(read_text("/proc/modules"), "redoubt "), "the driver is not there");
	check(access("/dev/redoubt", F_OK) != 0, "nor its device");
	check(!run_quietly("redoubt status"), "redoubt status fails");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
