/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_TEST_LEDGER_H
#define REDOUBT_TEST_LEDGER_H

/* The frame ledger of VTL1, by calls of the self-test image. */

#include <setjmp.h>
#include <signal.h>

#include "hostile.h"
#include "selftests/vtl1/calls.h"

#define FRAME(name) SELFTEST_FRAME_##name
#define PROOF(name) SELFTEST_PROOF_##name

/* mov $0x12345678, %eax; ret */
static const __u8 returns_number[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0x78,
				       0x56, 0x34, 0x12, 0xc3 };

TAP_UNUSED static __u64 change_frames(__u64 gpa, __u64 count, unsigned int from, unsigned int to,
			   unsigned int proof)
{
	return vtl_call_with(SELFTEST_CALL_CHANGE_FRAMES,
			     (struct vtl_arguments){ .rsi = gpa,
						     .rdx = count,
						     .r8 = SELFTEST_CHANGE(from, to, proof) })
		.status;
}

TAP_UNUSED static __u64 frame_state(__u64 gpa)
{
	return vtl_call(SELFTEST_CALL_FRAME_STATE, gpa, 0).value;
}

TAP_UNUSED static __u64 frame_total(unsigned int state)
{
	return vtl_call(SELFTEST_CALL_FRAME_TOTAL, state, 0).value;
}

/* Pages that nobody else ever has, Open */
static __u64 leak_pages(void)
{
	struct test_info info;

	must_do(TEST_IOC_LEAK, &info);

	return info.gpa;
}

static sigjmp_buf back_from_fetch;

static void on_fetch_signal(int number)
{
	siglongjmp(back_from_fetch, number);
}

/* Whether a program can execute what lies there. */
static bool can_user_execute(__u64 gpa)
{
	struct sigaction action = { .sa_handler = on_fetch_signal, .sa_flags = SA_NODEFER };
	void *mapped = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, hostile_device,
			    (off_t)gpa);
	volatile bool executed = false;

	if (mapped == MAP_FAILED)
		bail_out("page 0x%llx: %s", gpa, strerror(errno));
	sigaction(SIGSEGV, &action, NULL);
	if (sigsetjmp(back_from_fetch, 1) == 0)
		executed = ((int (*)(void))mapped)() == 0x12345678;
	signal(SIGSEGV, SIG_DFL);
	munmap(mapped, PAGE_BYTES);

	return executed;
}

static bool can_kernel_execute(__u64 gpa)
{
	__u64 value = 0;
	int fault = access_page(gpa, TEST_EXECUTE, &value);

	return fault == TEST_NO_FAULT && value == 0x12345678;
}

/* Writes behind the code. */
static bool can_write(__u64 gpa)
{
	static __u64 number;
	__u64 value = ++number, copy = 0;
	int fault = access_page(gpa + 64, TEST_WRITE, &value);

	access_page(gpa + 64, TEST_READ, &copy);

	return fault == TEST_NO_FAULT && copy == number;
}

static bool can_read(__u64 gpa)
{
	__u64 value = 0;

	return access_page(gpa, TEST_READ, &value) == TEST_NO_FAULT &&
	       memcmp(&value, returns_number, sizeof(value)) == 0;
}

/* `rights` as letters: r, w, k (kernel executes), u (user executes), - for what is denied. */
TAP_UNUSED static void check_rights(__u64 gpa, const char *rights, const char *name)
{
	char found[5];

	found[0] = can_read(gpa) ? 'r' : '-';
	found[1] = can_write(gpa) ? 'w' : '-';
	found[2] = can_kernel_execute(gpa) ? 'k' : '-';
	found[3] = can_user_execute(gpa) ? 'u' : '-';
	found[4] = '\0';
	if (!check(strcmp(found, rights) == 0, "%s: %s", name, rights))
		note("found %s", found);
}

static void put_code(__u64 gpa)
{
	__u64 words[2] = {};
	unsigned int i;

	memcpy(words, returns_number, sizeof(returns_number));
	for (i = 0; i < 2; i++) {
		if (access_page(gpa + i * 8, TEST_WRITE, &words[i]) != TEST_NO_FAULT)
			bail_out("page 0x%llx cannot be written", gpa);
	}
}

/* To be called first: skips the test where there is nothing to test. Returns TEST_LEAK_COUNT pages
 * of code, the last of them Ordinary. */
static __u64 ledger_open(void)
{
	struct vtl_answer answer;
	__u64 first, last;
	unsigned int i;

	hostile_open();
	answer = vtl_call(SELFTEST_CALL_FRAME_STATE, page_gpa(0), 0);
	if (answer.status == VTL_STATUS_UNKNOWN_CALL)
		skip_all("the self-test image of VTL1 is needed");
	first = leak_pages();
	for (i = 0; i < TEST_LEAK_COUNT; i++)
		put_code(first + i * PAGE_BYTES);
	last = first + (TEST_LEAK_COUNT - 1) * PAGE_BYTES;
	if (change_frames(last, 1, FRAME(OPEN), FRAME(ORDINARY), PROOF(NOT_NEEDED)))
		skip_all("MBEC is needed");

	return first;
}

#endif
