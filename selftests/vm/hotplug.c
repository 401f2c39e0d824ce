// SPDX-License-Identifier: MIT

/* While VTL1 is active, the driver lets no CPU go: it could not come back. */

#include "hostile.h"

static int write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	int error;

	if (file < 0)
		return errno;
	error = write(file, text, strlen(text)) < 0 ? errno : 0;
	close(file);

	return error;
}

int main(void)
{
	unsigned int cpus = cpu_count(), cpu;
	char path[64];

	if (cpus < 2)
		skip_all("one CPU only");
	hostile_open();
	for (cpu = 1; cpu < cpus; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
		check_equal(write_text(path, "0"), EBUSY, "CPU %u cannot be switched off", cpu);
		check(read_text(path)[0] == '1', "it stays online");
		pin_to_cpu(cpu);
		check(is_vtl1_well(), "and VTL1 answers there");
	}
	check_equal(cpu_count(), cpus, "as many CPUs as before");
	check_equal(redoubt_status().vtl1.vp_count, cpus, "for VTL1 too");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
