// SPDX-License-Identifier: MIT

/* `redoubt status --json`: well formed, complete, and true as far as VTL0 can tell. */

#include "json.h"
#include "vtl0.h"

#define BUDGET_FIXED_BYTES (8ll << 20)
#define BUDGET_PER_CPU_BYTES (128ll << 10)
#define BUDGET_PER_FRAME_BYTES 4ll

static char output[65536];

static int run(const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t size = pipe ? fread(output, 1, sizeof(output) - 1, pipe) : 0;

	output[size] = '\0';

	return pipe ? pclose(pipe) : -1;
}

/* Frames of RAM, as the kernel sees them */
static long long frame_count(void)
{
	const char *line = read_text("/proc/iomem");
	long long bytes = 0;

	for (; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		unsigned long long first, last;
		char name[32];

		if (sscanf(line, "%llx-%llx : %31[^\n]", &first, &last, name) == 3 &&
		    strcmp(name, "System RAM") == 0)
			bytes += (long long)(last + 1 - first);
	}

	return bytes / (long long)PAGE_BYTES;
}

static void check_version(const char *path)
{
	const char *version = json_find(output, path);
	unsigned int major, minor, patch;

	check(version && sscanf(version, "\"%u.%u.%u\"", &major, &minor, &patch) == 3,
	      "%s is a version", path);
}

static void check_status(void)
{
	long long cpus = json_number(output, "vtl1.cpus");
	long long memory = json_number(output, "vtl1.memory_bytes");
	long long budget = BUDGET_FIXED_BYTES + BUDGET_PER_CPU_BYTES * cpus +
			   BUDGET_PER_FRAME_BYTES * frame_count();
	const char *policies = json_find(output, "policies");

	check_version("vtl1.version");
	check_version("driver.version");
	check(json_is_string(output, "vtl1.phase", "boot"), "the phase is boot");
	check_equal(cpus, cpu_count(), "VTL1 runs on every CPU that is online");
	check(memory > 0 && memory % (long long)PAGE_BYTES == 0, "memory is in whole pages");
	if (!check(memory <= budget, "memory is within the budget"))
		note("%lld bytes, and %lld allowed", memory, budget);
	check(json_find(output, "hypervisor.name") && json_find(output, "hypervisor.name")[1] != '"',
	      "the hypervisor has a name");
	check(json_is_string(output, "hypervisor.platform", "checked"),
	      "the platform is one that it knows");
	check(policies && *policies == '[', "policies is a list");
}

/* The log is JSON line by line. */
static void check_lines(void)
{
	char *rest = output, *line;
	unsigned int count = 0, bad = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		count += *line != '\0';
		bad += *line != '\0' && !json_is_valid(line);
	}
	check(count > 0 && bad == 0, "of which every line is JSON");
}

int main(void)
{
	check_equal(run("redoubt status --json"), 0, "the command succeeds");
	if (!check(json_is_valid(output), "it prints one JSON value"))
		note("%s", output);
	else
		check_status();

	check_equal(run("redoubt log --json"), 0, "so does the log");
	check_lines();
	check_equal(run("redoubt status"), 0, "the plain status too");
	check(strstr(output, "VTL1") != NULL, "and it speaks of VTL1");
	check(run("redoubt nonsense 2>&1") != 0, "an unknown command fails");

	return tap_end();
}
