// SPDX-License-Identifier: MIT

/*
 * CPUs go offline and come online beside VTL1, which is asked about each start: it answers there
 * afterwards, and its memory is closed. A start that it refuses is reported, and none. With any number
 * of CPUs offline at first.
 */

#include "hostile.h"

#define CYCLES 5
#define RESERVED_VECTOR 0xa0

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

static int set_online(unsigned int cpu, bool is_online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	if (read_text(path)[0] == (is_online ? '1' : '0'))
		return 0;

	return write_text(path, is_online ? "1" : "0");
}

/* VTL1's log from `first` on; returns where it goes on. */
static __u64 log_from(__u64 first, char *text, size_t size)
{
	struct redoubt_log log = { .sequence = first };
	int device = open_redoubt();

	text[0] = '\0';
	if (ioctl(device, REDOUBT_IOC_LOG, &log) != 0)
		bail_out("no log: %s", strerror(errno));
	close(device);
	snprintf(text, size, "%.*s", (int)log.page.text_bytes, (const char *)log.page.text);

	return log.page.next_sequence;
}

static __u64 log_end(void)
{
	char text[VTL_LOG_TEXT_BYTES + 1];
	__u64 next = 0, last;

	do {
		last = next;
		next = log_from(last, text, sizeof(text));
	} while (next != last);

	return next;
}

static bool is_closed(void)
{
	__u64 value = 0x4141414141414141;

	return access_page(vtl1_page(), TEST_READ, &value) == GENERAL_PROTECTION &&
	       access_page(vtl1_page(), TEST_WRITE, &value) == GENERAL_PROTECTION;
}

static void comes_online(unsigned int cpu)
{
	if (!check_equal(set_online(cpu, true), 0, "CPU %u comes online", cpu))
		return;
	pin_to_cpu(cpu);
	check(is_vtl1_well(), "VTL1 answers there");
	check(is_closed(), "and its memory is closed");
	pin_to_cpu(0);
}

static void goes_off_and_on(unsigned int cpu, unsigned int cycles)
{
	unsigned int i;

	for (i = 0; i < cycles; i++) {
		check_equal(set_online(cpu, false), 0, "CPU %u goes offline", cpu);
		comes_online(cpu);
	}
}

static void refused_start(void)
{
	struct test_startup startup = { .cpu = 1, .vector = RESERVED_VECTOR };
	char text[VTL_LOG_TEXT_BYTES + 1];
	__u64 end = log_end();

	check_equal(set_online(1, false), 0, "CPU 1 goes offline");
	must_do(TEST_IOC_STARTUP, &startup);
	log_from(end, text, sizeof(text));
	check(strstr(text, "denied: start of VP 1 at vector 0xa0"),
	      "its start at a vector that is reserved is denied, and logged");
	check(is_vtl1_well(), "VTL1 answers elsewhere");
	comes_online(1);
}

int main(void)
{
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF), cpu;

	if (cpus < 2)
		skip_all("one CPU only");
	hostile_open();
	pin_to_cpu(0);
	check(vtl_call(VTL_CALL_FEATURES, 0, 0).value & VTL_FEATURE_CPU_START,
	      "VTL1 is asked about starts");
	for (cpu = 1; cpu < cpus; cpu++)
		comes_online(cpu);
	goes_off_and_on(1, CYCLES);
	for (cpu = 2; cpu < cpus; cpu++)
		goes_off_and_on(cpu, 1);
	refused_start();
	check_equal(cpu_count(), cpus, "all CPUs are online");
	check_equal(redoubt_status().vtl1.vp_count, cpus, "for VTL1 too");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
