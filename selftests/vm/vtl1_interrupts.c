// SPDX-License-Identifier: MIT

/* VTL1's own timers and IPIs reach it at once, though VTL0 has its interrupts off all the time. */

#include <pthread.h>

#include "hostile.h"
#include "selftests/vtl1/calls.h"

#define MS_100NS 10000ull

static __u64 timer_count(__u64 value)
{
	return value & SELFTEST_TIMER_INTERRUPTS;
}

static __u64 ipi_count(__u64 value)
{
	return value >> SELFTEST_IPI_INTERRUPTS_SHIFT;
}

/* Makes a call, waits, and takes what has come meanwhile; ~0 if something went wrong. */
static __u64 wait_masked(__u64 id, __u64 rsi, unsigned int milliseconds)
{
	struct test_masked masked = {
		.first = { .rcx = TLFS_CALL_VTL_CALL, .rdi = id, .rsi = rsi },
		.second = { .rcx = TLFS_CALL_VTL_CALL, .rdi = SELFTEST_CALL_TAKE_INTERRUPTS },
		.wait_us = milliseconds * 1000,
	};

	must_do(TEST_IOC_MASKED, &masked);
	if (masked.fault != TEST_NO_FAULT || masked.first.r8 != VTL_STATUS_OK ||
	    masked.second.r8 != VTL_STATUS_OK)
		return ~0ull;

	return masked.second.r9;
}

static void timers_of(unsigned int cpu)
{
	pin_to_cpu(cpu);
	vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0);
	check_equal(wait_masked(SELFTEST_CALL_START_TIMER, 20 * MS_100NS, 200), 1,
		    "CPU %u: a timer goes off though VTL0 has interrupts off", cpu);
	check_equal(wait_masked(SELFTEST_CALL_START_TIMER, 400 * MS_100NS, 50), 0,
		    "CPU %u: another one not before its time", cpu);
	usleep(700000);
	check_equal(timer_count(vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0).value), 1,
		    "CPU %u: but then, while VTL0 does nothing", cpu);
}

struct masked_wait {
	unsigned int cpu;
	__u64 taken;
};

static void *wait_for_ipi(void *argument)
{
	struct masked_wait *wait = argument;

	pin_to_cpu(wait->cpu);
	wait->taken = wait_masked(VTL_CALL_VERSION, 0, 1000);

	return NULL;
}

/* Linux numbers these machines' CPUs as their APICs. */
static void ipi_to(unsigned int cpu)
{
	struct masked_wait wait = { .cpu = cpu };
	pthread_t thread;

	pin_to_cpu(cpu);
	vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0);
	pin_to_cpu(0);
	if (pthread_create(&thread, NULL, wait_for_ipi, &wait) != 0)
		bail_out("no thread");
	usleep(300000);
	check_equal(vtl_call(SELFTEST_CALL_SEND_IPI, cpu, 0).status, VTL_STATUS_OK,
		    "VTL1 of CPU 0 sends an interrupt to VTL1 of CPU %u", cpu);
	pthread_join(thread, NULL);
	check_equal(ipi_count(wait.taken), 1, "which gets it though VTL0 has interrupts off there");
}

static void ipi_to_self(void)
{
	pin_to_cpu(0);
	vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0);
	vtl_call(SELFTEST_CALL_SEND_IPI, 0, 0);
	check_equal(ipi_count(vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0).value), 1,
		    "one to itself comes before VTL0 goes on");
}

/* The lower one waits for the end of the other. */
static void two_at_once(void)
{
	__u64 taken;

	pin_to_cpu(0);
	vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0);
	vtl_call(SELFTEST_CALL_INTERRUPT_TWICE, 0, 0);
	taken = vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0).value;
	check(timer_count(taken) == 1 && ipi_count(taken) == 1, "two at once are seen at once");
	taken = vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0).value;
	check(timer_count(taken) == 0 && ipi_count(taken) == 1, "the lower is left until the EOI");
	taken = vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0).value;
	check_equal(taken, 0, "then none is");
}

/* VTL0's own clock goes on as ever. */
static unsigned long long timer_interrupts(void)
{
	const char *line = strstr(read_text("/proc/interrupts"), "LOC:");

	return line ? strtoull(line + 4, NULL, 10) : 0;
}

int main(void)
{
	unsigned int cpus = cpu_count(), cpu;
	unsigned long long before;

	hostile_open();
	if (vtl_call(SELFTEST_CALL_TAKE_INTERRUPTS, 0, 0).status != VTL_STATUS_OK)
		skip_all("VTL1 has no test calls");
	for (cpu = 0; cpu < cpus; cpu++)
		timers_of(cpu);
	ipi_to_self();
	two_at_once();
	for (cpu = 1; cpu < cpus; cpu++)
		ipi_to(cpu);

	pin_to_cpu(0);
	before = timer_interrupts();
	usleep(200000);
	check(timer_interrupts() > before, "VTL0's own timer works");
	check(is_vtl1_well(), "VTL1 answers");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
