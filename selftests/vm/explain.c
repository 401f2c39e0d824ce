// SPDX-License-Identifier: MIT

/* `redoubt explain`: what VTL1 saw VTL0 try, in words and with the kernel's own names. */

#include <sys/wait.h>

#include "hostile.h"
#include "json.h"

static char output[1 << 20];

static int run(const char *command)
{
	FILE *pipe = popen(command, "r");
	size_t size = pipe ? fread(output, 1, sizeof(output) - 1, pipe) : 0;
	int status = pipe ? pclose(pipe) : -1;

	output[size] = '\0';

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The line of the log with this in it, without the lines before and after; NULL if there is none */
static char *find_line(const char *wanted)
{
	char *rest = output, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strstr(line, wanted))
			return line;
	}

	return NULL;
}

/* Of the event at a GPA; or, if an earlier test has left the same one, or no room, of its policy */
static char *find_event(__u64 gpa, const char *policy)
{
	char wanted[64], *line;

	snprintf(wanted, sizeof(wanted), "\"gpa\":\"0x%llx\"", (unsigned long long)gpa);
	line = find_line(wanted);
	if (line)
		return line;
	run("redoubt log verify --json");
	snprintf(wanted, sizeof(wanted), "\"policy_name\":\"%s\"", policy);

	return find_line(wanted);
}

/* Tries to write there, and returns the event's number; -1 if there is none. */
static long long write_and_find(__u64 gpa, const char *policy)
{
	__u64 value = 0x4141414141414141;
	char *event;

	check_equal(access_page(gpa, TEST_WRITE, &value), GENERAL_PROTECTION, "a write is denied");
	check_equal(run("redoubt log verify --json"), 0, "the log is as VTL1 has signed");
	event = find_event(gpa, policy);
	if (!check(event && json_is_valid(event), "the write is in it"))
		return -1;
	check(json_is_string(event, "policy_name", policy), "with the name of its policy");

	return json_number(event, "sequence");
}

static void check_explained(long long number, const char *word)
{
	char command[64];

	snprintf(command, sizeof(command), "redoubt explain %lld", number);
	check_equal(run(command), 0, "%s", command);
	check(strstr(output, "tried to ") != NULL, "says what happened");
	if (!check(strstr(output, word) != NULL, "and where"))
		note("%s", output);
	check(strstr(output, "treat VTL0 as attacked") != NULL, "and what to do");
	snprintf(command, sizeof(command), "redoubt explain %lld --json", number);
	check_equal(run(command), 0, "for scripts too");
	check(json_is_valid(output) && json_find(output, "what_to_do") &&
		      json_number(output, "sequence") == number,
	      "as JSON");
}

/* Where panic() lies, as the kernel tells */
static __u64 gpa_of_panic(void)
{
	unsigned long long image = 0, text = 0, panic = 0;

	run("grep 'Kernel code' /proc/iomem");
	if (sscanf(output, " %llx-", &image) != 1)
		bail_out("no kernel code in /proc/iomem");
	run("grep -E ' [Tt] (_text|panic)$' /proc/kallsyms");
	if (sscanf(output, "%llx %*s _text\n%llx", &text, &panic) != 2)
		bail_out("no symbols: %s", output);

	return image + (panic - text);
}

static void check_kernel(const struct redoubt_status *status)
{
	long long number = write_and_find(gpa_of_panic() + 8, "patching");
	unsigned long long denied = 0;
	unsigned int i;

	for (i = 2; i < VTL_STATUS_VERDICTS; i++)
		denied += redoubt_status().vtl1.text_writes[i] - status->vtl1.text_writes[i];
	check_equal(denied, 1, "it is counted as a denied write of text");
	check_explained(number, "(panic+0x8)");
	check(strstr(output, "no patch site") != NULL, "with the reason");
	run("redoubt log verify");
	check(strstr(output, "patching: no patch site") && strstr(output, " (panic+0x8) "),
	      "the log has names as well");
}

int main(void)
{
	struct redoubt_status status = redoubt_status();
	bool is_sealed = status.vtl1.phase == VTL_PHASE_SEALED;

	note("VTL0 is %ssealed", is_sealed ? "" : "not ");
	hostile_open();
	check_explained(write_and_find(vtl1_page() + 0x238, "own_memory"), "VTL1's own memory");
	if (is_sealed)
		check_kernel(&status);
	else
		check_equal(status.vtl1.kernel_gpa, 0, "nobody knows the kernel's place");
	check_equal(run("redoubt explain 999999999 2>&1"), 1, "an event that is not there");
	check_equal(run("redoubt explain one 2>&1"), 2, "what is no number");

	return tap_end();
}
