// SPDX-License-Identifier: MIT

/* NMIs at any time, VTL1 busy or not: VTL0 gets each one, nothing breaks. */

#include <pthread.h>

#include "hostile.h"

#define NMIS 200

static volatile bool is_over;

/* Keeps a CPU in and out of VTL1. */
static void *call_vtl1(void *argument)
{
	pin_to_cpu((unsigned int)(unsigned long)argument);
	while (!is_over)
		vtl_call(VTL_CALL_STATUS, page_gpa(6), 0);

	return NULL;
}

static void send_to(unsigned int cpu, const char *when)
{
	struct test_nmi nmi = { .cpu = cpu, .count = NMIS };

	must_do(TEST_IOC_NMI, &nmi);
	check_equal(nmi.handled, NMIS, "CPU %u gets all NMIs %s", cpu, when);
}

int main(void)
{
	unsigned int cpus = cpu_count(), cpu;
	pthread_t threads[64];

	hostile_open();
	for (cpu = 0; cpu < cpus; cpu++)
		send_to(cpu, "while it does nothing");
	for (cpu = 0; cpu < cpus; cpu++)
		pthread_create(&threads[cpu], NULL, call_vtl1, (void *)(unsigned long)cpu);
	for (cpu = 0; cpu < cpus; cpu++)
		send_to(cpu, "while it calls VTL1");
	is_over = true;
	for (cpu = 0; cpu < cpus; cpu++)
		pthread_join(threads[cpu], NULL);

	check_equal(redoubt_status().vtl1.phase, VTL_PHASE_BOOT, "VTL1 is unharmed");
	check(is_vtl1_well(), "and answers");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");
	/* The backtraces that this prints look like trouble, so it comes last. */
	check(run_quietly("echo l > /proc/sysrq-trigger"), "backtraces of all CPUs by NMI");
	check_equal(cpu_count(), cpus, "all CPUs are there");

	return tap_end();
}
