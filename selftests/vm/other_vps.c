// SPDX-License-Identifier: MIT

/*
 * VTL1 reads and writes registers of VTL0 on other VPs, all of them at once: each has the value of
 * its own VP, and nobody waits for ever. Needs the self-test image.
 */

#include <pthread.h>

#include "hostile.h"
#include "selftests/vtl1/calls.h"

#define TSC_AUX 0xc0000103
#define ROUNDS 300
#define CPUS_MAX 64

static unsigned int cpus;

static __u64 own_tsc_aux(unsigned int cpu)
{
	__u64 value = ~0ull;

	pin_to_cpu(cpu);
	check_equal(read_msr(TSC_AUX, &value), TEST_NO_FAULT, "CPU %u has TSC_AUX", cpu);

	return value;
}

/* As Linux has it where there is an instruction that reads it */
static void number_cpus(void)
{
	unsigned int cpu, bad = 0;

	for (cpu = 0; cpu < cpus; cpu++) {
		pin_to_cpu(cpu);
		bad += write_msr(TSC_AUX, cpu) != TEST_NO_FAULT;
	}
	check_equal(bad, 0, "each CPU's number in its TSC_AUX");
}

static void one_after_the_other(void)
{
	unsigned int from, cpu;

	for (from = 0; from < cpus; from++) {
		unsigned int bad = 0;

		pin_to_cpu(from);
		for (cpu = 0; cpu < cpus; cpu++) {
			struct vtl_answer answer = vtl_call(SELFTEST_CALL_GET_TSC_AUX, cpu, 0);

			bad += answer.status != VTL_STATUS_OK || answer.value != cpu;
		}
		check_equal(bad, 0, "from CPU %u VTL1 reads TSC_AUX of each", from);
	}
}

static void write_other(void)
{
	unsigned int other = cpus - 1;

	pin_to_cpu(0);
	check_equal(vtl_call(SELFTEST_CALL_SET_TSC_AUX, other, 0x1234).status, VTL_STATUS_OK,
		    "VTL1 writes that of CPU %u", other);
	check_equal(own_tsc_aux(other), 0x1234, "which then has it");
	pin_to_cpu(0);
	check_equal(vtl_call(SELFTEST_CALL_SET_TSC_AUX, other, other).status, VTL_STATUS_OK,
		    "and back");
	check_equal(own_tsc_aux(other), other, "it has that too");
}

/* All CPUs name all others at the same time. */
static void *name_others(void *argument)
{
	unsigned long cpu = (unsigned long)argument, bad = 0;
	unsigned int round;

	pin_to_cpu((unsigned int)cpu);
	for (round = 0; round < ROUNDS; round++) {
		unsigned int other = (unsigned int)(cpu + 1 + round) % cpus;
		struct vtl_answer answer = vtl_call(SELFTEST_CALL_GET_TSC_AUX, other, 0);

		bad += answer.status != VTL_STATUS_OK || answer.value != other;
	}

	return (void *)bad;
}

static void all_at_once(void)
{
	pthread_t threads[CPUS_MAX];
	unsigned long bad = 0;
	unsigned int cpu;

	for (cpu = 0; cpu < cpus; cpu++)
		pthread_create(&threads[cpu], NULL, name_others, (void *)(unsigned long)cpu);
	for (cpu = 0; cpu < cpus; cpu++) {
		void *result;

		pthread_join(threads[cpu], &result);
		bad += (unsigned long)result;
	}
	check_equal(bad, 0, "all CPUs at once, %u times each", ROUNDS);
}

int main(void)
{
	cpus = cpu_count();
	if (cpus < 2 || cpus > CPUS_MAX)
		skip_all("needs several CPUs");
	hostile_open();
	if (vtl_call(SELFTEST_CALL_FREE_FRAMES, 0, 0).status == VTL_STATUS_UNKNOWN_CALL)
		skip_all("not the self-test image");
	number_cpus();
	one_after_the_other();
	check_equal(vtl_call(SELFTEST_CALL_GET_TSC_AUX, 8, 0).status, VTL_STATUS_INTERNAL,
		    "a VP that does not exist");
	write_other();
	all_at_once();
	check(is_vtl1_well(), "VTL1 answers");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
