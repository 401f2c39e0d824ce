// SPDX-License-Identifier: MIT

/*
 * stress SECONDS NMIS (5, 1000): all at once, for at least so long. Every CPU changes the rights of pages
 * whose code the others run, takes intercepts on them, switches VTLs, flushes, lets VTL1 send IPIs.
 * Meanwhile CPU 1 sends NMIs to CPU 0, each when the one before has been handled.
 */

#include "world.h"

#define FIRST_CODE 16
#define FLUSH_INPUT 28
#define NMIS 1000
#define IPI_VECTOR 0x50u
#define FLUSH_VIRTUAL_ADDRESS_SPACE 0x2u
#define X2APIC_EOI 0x80bu
#define X2APIC_ICR 0x830u

struct worker {
	unsigned int cpu;
	pthread_t thread;
	__u64 rounds, wrong_results, wrong_calls, intercepts, failures, faults;
};

static unsigned int workers;
static volatile bool ends;
static bool has_apic, has_flush;

static __u32 result_of(unsigned int cpu)
{
	return 0x5a000000u + cpu * 0x1111;
}

/* mov $result, %eax; ret */
static void place_function(unsigned int cpu)
{
	struct code code = {};

	emit(&code, "\xb8", 1);
	emit32(&code, result_of(cpu));
	emit(&code, "\xc3", 1);
	place(FIRST_CODE + cpu, &code);
}

static bool flush(void)
{
	__u64 *input = page(FLUSH_INPUT); /* the same bytes from everyone */

	input[0] = 0;
	input[1] = 3; /* all processors, all address spaces */
	input[2] = 0;

	return hypercall0(FLUSH_VIRTUAL_ADDRESS_SPACE, page_gpa(FLUSH_INPUT), 0).status == 0;
}

static void one_round(struct worker *worker, unsigned int *random)
{
	static const __u32 rights[] = { 0, TLFS_PROTECT_READ, TLFS_PROTECT_READ | TLFS_PROTECT_WRITE,
					TLFS_PROTECT_ALL };
	unsigned int target, i;

	*random = *random * 1664525 + 1013904223;
	target = (*random >> 16) % workers;
	worker->wrong_calls += protect1(page_gpa(FIRST_CODE + target), 1, rights[*random >> 28 & 3]) != 0;
	for (i = 0; i < workers; i++)
		worker->wrong_results += ((__u32(*)(void))page(FIRST_CODE + i))() != result_of(i);
	if (has_flush && (*random >> 24 & 7) == 0)
		worker->wrong_calls += !flush();
	if (has_apic && (*random >> 25 & 3) == 0)
		worker->wrong_calls += write_msr1(X2APIC_ICR, 0xc0000 | IPI_VECTOR) != PAIR_NO_VECTOR;
	worker->rounds++;
}

static void *work(void *argument)
{
	const struct pair_policy open = { .action = PAIR_PROTECT_PAGE,
					  .count = 0xffffffff,
					  .value = TLFS_PROTECT_ALL };
	struct worker *worker = argument;
	unsigned int random = worker->cpu * 77 + 1;
	struct pair_counters counters;

	pin_to_cpu(worker->cpu);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	vtl1(PAIR_EOI, IPI_VECTOR, X2APIC_EOI, 0, 0);
	policies1(&open, 1);
	while (!ends)
		one_round(worker, &random);
	counters = counters1();
	worker->intercepts = counters.messages;
	worker->failures = counters.failures;
	worker->faults = counters.faults;

	return NULL;
}

static void *send_nmis(void *argument)
{
	pin_to_cpu(1);
	pair_must(PAIR_IOC_NMI, argument, "NMIs");

	return NULL;
}

static void report(const struct worker *worker)
{
	check_equal(worker->wrong_results, 0, "B13.stress: CPU %u: %llu rounds, each result right",
		    worker->cpu, worker->rounds);
	check_equal(worker->wrong_calls, 0, "B13.stress: CPU %u: every call succeeded", worker->cpu);
	check(worker->failures == 0 && worker->faults == 0,
	      "B13.stress: CPU %u: VTL1 answered %llu intercepts without trouble", worker->cpu,
	      worker->intercepts);
}

int main(int count, char **arguments)
{
	static struct worker all[PAIR_CPU_MAX];
	struct pair_nmi nmi = { .cpu = 0, .count = count > 2 ? (unsigned int)atoi(arguments[2]) : NMIS };
	unsigned int i, seconds = count > 1 ? (unsigned int)atoi(arguments[1]) : 5;
	__u32 eax, ebx, ecx, edx;
	pthread_t sender;
	__u64 value;

	conformance_open();
	__cpuid(TLFS_CPUID_HINTS, eax, ebx, ecx, edx);
	has_flush = eax >> 2 & 1;
	has_apic = read_msr1(X2APIC_ICR, &value) == PAIR_NO_VECTOR;
	workers = cpu_count() < PAIR_CPU_MAX ? cpu_count() : PAIR_CPU_MAX;
	for (i = 0; i < workers; i++)
		place_function(i);
	for (i = 0; i < workers; i++) {
		all[i].cpu = i;
		pthread_create(&all[i].thread, NULL, work, &all[i]);
	}
	if (workers > 1)
		pthread_create(&sender, NULL, send_nmis, &nmi);
	sleep(seconds);
	if (workers > 1) {
		pthread_join(sender, NULL); /* the load goes on until the last NMI */
		check_equal(nmi.handled, nmi.count, "B2.nmi: %u NMIs were sent to VTL0, none was lost", nmi.count);
		check_equal(nmi.unasked, 0, "B2.nmi: and none came twice");
	}
	ends = true;
	for (i = 0; i < workers; i++)
		pthread_join(all[i].thread, NULL);
	for (i = 0; i < workers; i++)
		report(&all[i]);

	return conformance_end();
}
