// SPDX-License-Identifier: MIT

/*
 * VTL1 ends in one of many ways (SELFTEST_FAULT_*): every later call on every CPU is answered with
 * FAILED, closed memory stays closed, VTL0 goes on. Needs VTL1's self-test image.
 *
 *   fault_injection KIND    one machine for each kind: there is no way back
 *   fault_injection boot    the fault came before the first answer, and the driver did not load
 */

#include <pthread.h>

#include "hostile.h"
#include "selftests/vtl1/calls.h"

static int kind;

static void *wait_for_lock(void *unused)
{
	struct vtl_answer answer;

	(void)unused;
	pin_to_cpu(1);
	answer = vtl_call(SELFTEST_CALL_INJECT_FAULT, SELFTEST_FAULT_WAIT_FOR_LOCK, 0);

	return (void *)(long)answer.status;
}

/* One CPU faults while it holds a lock that another one waits for. */
static void fault_with_lock(void)
{
	pthread_t waiter;
	void *status = NULL;
	struct vtl_answer answer;

	if (pthread_create(&waiter, NULL, wait_for_lock, NULL) != 0)
		bail_out("no thread");
	pin_to_cpu(0);
	answer = vtl_call(SELFTEST_CALL_INJECT_FAULT, SELFTEST_FAULT_HOLDING_LOCK, 0);
	pthread_join(waiter, &status);
	check_equal(answer.status, VTL_STATUS_FAILED, "the holder's call is answered: FAILED");
	/* It may have come too early to wait, and was then served. */
	check((long)status == VTL_STATUS_FAILED || (long)status == VTL_STATUS_OK,
	      "so is the call of the CPU that waits for the lock");
}

static void fault_in_intercept(__u64 closed)
{
	struct vtl_answer answer =
		vtl_call(SELFTEST_CALL_INJECT_FAULT, SELFTEST_FAULT_IN_NEXT_INTERCEPT, 0);

	check_equal(answer.status, VTL_STATUS_OK, "a fault is armed");
	check_equal(access_page(closed, TEST_READ, NULL), GENERAL_PROTECTION,
		    "the access whose intercept faults is denied");
}

static void fault_in_call(void)
{
	struct vtl_answer answer = vtl_call(SELFTEST_CALL_INJECT_FAULT, (__u64)kind, 0);

	check_equal(answer.status, VTL_STATUS_FAILED, "the call that faults is answered: FAILED");
}

static void check_everything_denied(__u64 closed)
{
	struct redoubt_status status = redoubt_status();
	unsigned int cpu, wrong = 0;
	__u64 value = 0;

	for (cpu = 0; cpu < cpu_count(); cpu++) {
		pin_to_cpu(cpu);
		wrong += vtl_call(VTL_CALL_VERSION, 0, 0).status != VTL_STATUS_FAILED;
		wrong += vtl_call(0x7777, 1, 2).status != VTL_STATUS_FAILED;
		wrong += access_page(closed, TEST_READ, NULL) != GENERAL_PROTECTION;
		wrong += access_page(closed, TEST_WRITE, &value) != GENERAL_PROTECTION;
		wrong += access_page(closed, TEST_EXECUTE, NULL) != GENERAL_PROTECTION;
		wrong += access_page(closed, TEST_READ, NULL) != GENERAL_PROTECTION;
	}
	check_equal(wrong, 0, "on every CPU calls are answered with FAILED and memory stays closed");
	check_equal(status.vtl1.phase, VTL_PHASE_FAILED, "the driver says so");
	check(run_quietly("redoubt status --json | grep -q '\"phase\":\"failed\"'"),
	      "so does redoubt status");
}

static void served_nmi(void)
{
	__u64 before = redoubt_status().vtl1.nmis;
	struct vtl_answer answer =
		vtl_call(SELFTEST_CALL_INJECT_FAULT, SELFTEST_FAULT_NMI, 0);

	check_equal(answer.status, VTL_STATUS_OK, "an NMI in VTL1 is no fault");
	check_equal(redoubt_status().vtl1.nmis, before + 1, "it is counted");
	check(is_vtl1_well(), "VTL1 answers");
}

/* The driver has given up; what VTL1 had closed by then stays closed. */
static void failed_boot(void)
{
	check(strstr(kernel_log(), "redoubt: not loaded"), "the driver says that it is not loaded");
	check(access("/dev/redoubt", F_OK) != 0, "there is no device");
}

/* A VTL1 that has failed is not asked any more, so what went offline could not come back. */
static void stays_online(void)
{
	const char *path = "/sys/devices/system/cpu/cpu1/online";
	int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0)
		return; /* one CPU */
	check(write(file, "0", 1) < 0 && errno == EBUSY, "CPU 1 stays online");
	close(file);
	check(read_text(path)[0] == '1', "as it says");
}

int main(int argc, char **argv)
{
	__u64 closed;

	if (argc < 2)
		skip_all("needs a kind of fault, and VTL1's self-test image");
	if (strcmp(argv[1], "boot") == 0) {
		failed_boot();
		check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");
		return tap_end();
	}
	kind = atoi(argv[1]);
	hostile_open();
	closed = vtl1_page();
	if (kind == SELFTEST_FAULT_NMI) {
		served_nmi();
	} else {
		if (kind == SELFTEST_FAULT_HOLDING_LOCK)
			fault_with_lock();
		else if (kind == SELFTEST_FAULT_IN_NEXT_INTERCEPT)
			fault_in_intercept(closed);
		else
			fault_in_call();
		check_everything_denied(closed);
		stays_online();
	}
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
