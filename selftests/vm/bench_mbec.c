// SPDX-License-Identifier: MIT

/*
 * What separate execute rights cost: the same work before and after nearly all memory became
 * executable for users alone, in one run. Prints `bench` lines for tools/bench. With the argument
 * `restrict` it only does that, for what is measured from outside.
 */

#include <sys/wait.h>
#include <time.h>

#include "user_only.h"

#define GETPPIDS 20000
#define PROGRAMS 60

struct price {
	double seconds;
	struct exit_counts exits;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);

	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void get_parents(void)
{
	unsigned int i;

	for (i = 0; i < GETPPIDS; i++)
		syscall(SYS_getppid);
}

static void start_programs(void)
{
	unsigned int i;

	for (i = 0; i < PROGRAMS; i++) {
		pid_t child = vfork();

		if (child == 0) {
			execl("/bin/busybox", "true", (char *)NULL);
			_exit(127);
		}
		waitpid(child, NULL, 0);
	}
}

/* Its clock is read without a system call, so only interrupts leave it. */
static void spin_through_ticks(void)
{
	double end = now() + 2;
	volatile unsigned long loops = 0;

	while (now() < end)
		loops++;
}

static struct price take(void (*work)(void))
{
	struct exit_counts before = exit_counts(), after;
	double start = now();

	work();
	after = exit_counts();

	return (struct price){ .seconds = now() - start,
			       .exits = { after.entries - before.entries,
					  after.switches - before.switches } };
}

static __u64 interrupts_of_cpu0(void)
{
	const char *line = strstr(read_text("/proc/interrupts"), "LOC:");
	unsigned long long count = 0;

	return line && sscanf(line, "LOC: %llu", &count) == 1 ? count : 0;
}

int main(int argc, char **argv)
{
	struct price getppid_before, getppid_after, exec_before, exec_after, spin;
	__u64 interrupts;

	hostile_open();
	if (!can_protect_users())
		skip_all("the self-test image of VTL1 and MBEC are needed");
	pin_to_cpu(0);
	if (argc > 1 && !strcmp(argv[1], "restrict"))
		return set_all(USER_ONLY) == 0;
	getppid_before = take(get_parents);
	exec_before = take(start_programs);
	set_all(USER_ONLY);
	getppid_after = take(get_parents);
	exec_after = take(start_programs);
	interrupts = interrupts_of_cpu0();
	spin = take(spin_through_ticks);
	interrupts = interrupts_of_cpu0() - interrupts;
	set_all(TLFS_PROTECT_ALL);
	printf("bench mbec_exits_per_system_call %.2f exits\n",
	       (double)getppid_after.exits.entries / GETPPIDS);
	printf("bench mbec_exits_per_interrupt %.2f exits\n",
	       (double)spin.exits.entries / (double)(interrupts ? interrupts : 1));
	printf("bench mbec_getppid_ratio %.1f ratio\n",
	       getppid_after.seconds / getppid_before.seconds);
	printf("bench mbec_exec_ratio %.2f ratio\n", exec_after.seconds / exec_before.seconds);
	note("getppid %.2f and %.2f us", getppid_before.seconds / GETPPIDS * 1e6,
	     getppid_after.seconds / GETPPIDS * 1e6);
	note("fork and exec %.2f and %.2f ms, %.0f switches each",
	     exec_before.seconds / PROGRAMS * 1e3, exec_after.seconds / PROGRAMS * 1e3,
	     (double)exec_after.exits.switches / PROGRAMS);

	return 0;
}
