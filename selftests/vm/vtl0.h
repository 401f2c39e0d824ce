/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_VTL0_H
#define REDOUBT_TEST_VTL0_H

/* What the tests know of the VTL0 they run in, and of VTL1 as its driver tells it. */

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "hvcall/abi/device.h"
#include "tap.h"

#define PAGE_BYTES 4096ull

TAP_UNUSED static unsigned int cpu_count(void)
{
	return (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
}

TAP_UNUSED static void pin_to_cpu(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		bail_out("no CPU %u: %s", cpu, strerror(errno));
}

/* A file's text in a static buffer, empty if there is none. */
TAP_UNUSED static const char *read_text(const char *path)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");
	size_t size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[size] = '\0';

	return text;
}

/* The kernel's messages. */
TAP_UNUSED static const char *kernel_log(void)
{
	static char text[1 << 20];
	FILE *log = popen("dmesg", "r");
	size_t size = log ? fread(text, 1, sizeof(text) - 1, log) : 0;

	if (log)
		pclose(log);
	text[size] = '\0';

	return text;
}

/* What Linux says when it has hurt itself; NULL if it has not. */
TAP_UNUSED static const char *trouble_in(const char *log)
{
	static const char *const signs[] = {
		"BUG:",	     "WARNING:",	"Oops",		"general protection fault",
		"Call Trace", "soft lockup",	"rcu_sched",	"self-detected stall",
		"hung_task",  "Kernel panic",	"Uhhuh. NMI",	"Dazed and confused",
		"unable to handle",		"Bad page state",
	};
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		if (strstr(log, signs[i]))
			return signs[i];
	}

	return NULL;
}

TAP_UNUSED static bool run_quietly(const char *command)
{
	char line[512];

	snprintf(line, sizeof(line), "%s >/dev/null 2>&1", command);

	return system(line) == 0;
}

TAP_UNUSED static int open_redoubt(void)
{
	int device = open("/dev/redoubt", O_RDWR | O_CLOEXEC);

	if (device < 0)
		bail_out("/dev/redoubt: %s", strerror(errno));

	return device;
}

TAP_UNUSED static struct redoubt_status redoubt_status(void)
{
	struct redoubt_status status = {};
	int device = open_redoubt();

	if (ioctl(device, REDOUBT_IOC_STATUS, &status) != 0)
		bail_out("no status: %s", strerror(errno));
	close(device);

	return status;
}

/* The path of a module of ours. */
TAP_UNUSED static const char *module_path(const char *name)
{
	static char path[256];
	struct utsname system;

	uname(&system);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/%s.ko", system.release, name);

	return path;
}

/* Returns 0 or the error. */
TAP_UNUSED static int load_module(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (file < 0)
		return errno;
	error = syscall(SYS_finit_module, file, "", 0) == 0 ? 0 : errno;
	close(file);

	return error;
}

#endif
