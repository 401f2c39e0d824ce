// SPDX-License-Identifier: MIT

/*
 * Random VTL calls and hypercalls from all CPUs at once: usage: random_calls [COUNT [SEED]].
 * All is well if VTL1 and the hypervisor are there afterwards and use no more memory.
 */

#include <pthread.h>
#include <time.h>

#include "hostile.h"
#include "hvcall/abi/tlfs_msr.h"

#define COUNT_DEFAULT 20000ull
#define STEP 1000ull

static unsigned long long count_of_each, first_seed;
static struct test_random totals;
static pthread_mutex_t totals_lock = PTHREAD_MUTEX_INITIALIZER;

static void add(__u64 *sums, const __u64 *counts, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		sums[i] += counts[i];
}

static void *work(void *argument)
{
	unsigned int cpu = (unsigned int)(unsigned long)argument;
	struct test_random random = { .seed = first_seed + cpu * 0x9e3779b97f4a7c15ull,
				      .kinds = TEST_RANDOM_VTL_CALLS | TEST_RANDOM_HYPERCALLS };
	unsigned long long done;

	pin_to_cpu(cpu);
	for (done = 0; done < count_of_each; done += random.count) {
		random.count = count_of_each - done < STEP ? count_of_each - done : STEP;
		must_do(TEST_IOC_RANDOM, &random);
	}
	pthread_mutex_lock(&totals_lock);
	add(totals.vtl_statuses, random.vtl_statuses, TEST_VTL_STATUS_COUNT);
	add(totals.tlfs_statuses, random.tlfs_statuses, TEST_TLFS_STATUS_COUNT);
	totals.invalid_opcodes += random.invalid_opcodes;
	totals.other_faults += random.other_faults;
	totals.wrong_registers += random.wrong_registers;
	pthread_mutex_unlock(&totals_lock);

	return NULL;
}

static void run_on_all_cpus(void)
{
	unsigned int cpus = cpu_count(), i;
	pthread_t threads[64];

	for (i = 0; i < cpus && i < 64; i++) {
		if (pthread_create(&threads[i], NULL, work, (void *)(unsigned long)i) != 0)
			bail_out("no thread");
	}
	for (i = 0; i < cpus && i < 64; i++)
		pthread_join(threads[i], NULL);
}

/* Registers with overlays over the device's pages go back to nothing. */
static void remove_overlays(void)
{
	static const __u32 msrs[] = { 0x40000082, 0x40000083 };
	unsigned int cpu;
	size_t i;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		for (i = 0; i < 2; i++)
			write_msr(msrs[i], 0);
	}
}

static __u64 print_counts(const char *kind, const __u64 *counts, size_t size)
{
	__u64 sum = 0;
	size_t i;

	for (i = 0; i < size; i++) {
		sum += counts[i];
		if (counts[i])
			note("%s status 0x%zx: %llu", kind, i, counts[i]);
	}

	return sum;
}

int main(int count, char **arguments)
{
	struct redoubt_status before, after;
	unsigned long long wanted = count > 1 ? strtoull(arguments[1], NULL, 0) : COUNT_DEFAULT;
	__u64 assist[64] = {}, pages_before, pages_after, gpa, sum;
	unsigned int cpu;

	first_seed = count > 2 ? strtoull(arguments[2], NULL, 0) : (unsigned long long)time(NULL);
	hostile_open();
	note("seed %llu", first_seed);
	vtl1_pages(&gpa, 1, &pages_before);
	before = redoubt_status();
	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		read_msr(0x40000073, &assist[cpu]);
	}
	count_of_each = (wanted + cpu_count() - 1) / cpu_count();
	run_on_all_cpus();
	remove_overlays();
	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		write_msr(0x40000073, assist[cpu]);
		write_msr(TLFS_MSR_SINT0, TLFS_SINT_RESET);
	}

	after = redoubt_status();
	sum = print_counts("VTL call", totals.vtl_statuses, TEST_VTL_STATUS_COUNT);
	sum += print_counts("hypercall", totals.tlfs_statuses, TEST_TLFS_STATUS_COUNT);
	note("invalid opcodes: %llu", totals.invalid_opcodes);
	sum += totals.invalid_opcodes + totals.other_faults;
	check(sum >= wanted, "%llu calls", sum);
	check_equal(totals.other_faults, 0, "none ended in a fault but #UD");
	check_equal(totals.wrong_registers, 0, "none changed a register that it must keep");
	check_equal(totals.vtl_statuses[VTL_STATUS_INTERNAL], 0, "VTL1 had no internal error");
	check_equal(totals.vtl_statuses[VTL_STATUS_FAILED], 0, "VTL1 did not fail");
	check_equal(totals.vtl_statuses[TEST_VTL_STATUS_COUNT - 1], 0, "all statuses are known ones");
	check_equal(after.vtl1.phase, VTL_PHASE_BOOT, "the phase is as before");
	check_equal(after.vtl1.memory_bytes, before.vtl1.memory_bytes, "VTL1's memory too");
	vtl1_pages(&gpa, 1, &pages_after);
	check_equal(pages_after, pages_before, "and its pages");
	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		check(is_vtl1_well(), "VTL1 answers on CPU %u", cpu);
	}
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
