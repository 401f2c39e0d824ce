// SPDX-License-Identifier: MIT

/*
 * All of VTL0's memory loses kernel execution, but what its kernel executes now: programs and the
 * kernel go on, and nothing new is executed by the kernel. With the argument `close`: no way leads
 * back, so no other test runs on such a machine afterwards.
 */

#include "ledger.h"

#define STEPS_MAX 100000u

struct run {
	__u64 first;
	__u64 end;
};

/* Page numbers */
static struct run kernel_text(void)
{
	FILE *map = fopen("/proc/iomem", "r");
	unsigned long long first = 0, last = 0;
	char line[256];

	while (map && fgets(line, sizeof(line), map)) {
		if (strstr(line, "Kernel code") && sscanf(line, " %llx-%llx", &first, &last) == 2)
			break;
	}
	if (map)
		fclose(map);
	if (!last)
		bail_out("/proc/iomem does not say where the kernel is");

	return (struct run){ first / PAGE_BYTES, (last + 1) / PAGE_BYTES };
}

/* Whole or not at all, so smaller and smaller pieces: a page under an overlay is refused. */
static __u64 change_run(struct run run, unsigned int from, unsigned int to, unsigned int proof)
{
	__u64 middle = run.first + (run.end - run.first) / 2;

	if (run.first >= run.end)
		return 0;
	if (change_frames(run.first * PAGE_BYTES, run.end - run.first, from, to, proof) ==
	    VTL_STATUS_OK)
		return run.end - run.first;
	if (run.end - run.first == 1)
		return 0;

	return change_run((struct run){ run.first, middle }, from, to, proof) +
	       change_run((struct run){ middle, run.end }, from, to, proof);
}

static void freeze_text(struct run text)
{
	__u64 count = text.end - text.first, before = frame_total(FRAME(KERNEL_TEXT));

	check_equal(change_frames(text.first * PAGE_BYTES, count, FRAME(OPEN), FRAME(FROZEN_TEXT),
				  PROOF(BEFORE_CLOSE)),
		    VTL_STATUS_OK, "%llu pages of the kernel's text are frozen", count);
	check_equal(change_frames(text.first * PAGE_BYTES, count, FRAME(FROZEN_TEXT),
				  FRAME(KERNEL_TEXT), PROOF(COMPARED)),
		    VTL_STATUS_OK, "and taken for good");
	check_equal(frame_total(FRAME(KERNEL_TEXT)), before + count, "and counted");
}

/* Whatever else the kernel's page tables let it execute. */
static void keep_other_text(struct run text)
{
	struct test_frames frames = {};
	__u64 kept = 0, all = 0, before = frame_total(FRAME(UNPROVED));

	while (hostile_ioctl(TEST_IOC_EXECUTABLE, &frames) == 0) {
		struct run run = { frames.first, frames.first + frames.count };
		struct run below = run, above = run;

		if (below.end > text.first)
			below.end = text.first;
		if (above.first < text.end)
			above.first = text.end;
		kept += change_run(below, FRAME(OPEN), FRAME(UNPROVED), PROOF(BEFORE_CLOSE));
		kept += change_run(above, FRAME(OPEN), FRAME(UNPROVED), PROOF(BEFORE_CLOSE));
		all += below.end > below.first ? below.end - below.first : 0;
		all += above.end > above.first ? above.end - above.first : 0;
		frames.from = run.end;
	}
	check_equal(frame_total(FRAME(UNPROVED)), before + kept, "what else is executable is unproved");
	note("%llu of %llu such pages", kept, all);
}

static void close_all(void)
{
	struct vtl_answer answer = { .value = 1 };
	unsigned int steps = 0;
	__u64 before = ~0ull;
	bool goes_on = true;

	while (answer.status == VTL_STATUS_OK && answer.value && steps++ < STEPS_MAX) {
		answer = vtl_call(SELFTEST_CALL_CLOSE_KERNEL_EXECUTION, 0, 0);
		goes_on = goes_on && answer.value < before;
		before = answer.value;
	}
	check_equal(answer.status, VTL_STATUS_OK, "every step is done");
	check(goes_on && answer.value == 0, "each gets on, and the last ends it");
	note("%u steps", steps);
	note("%llu frames open, %llu ordinary, %llu unproved", frame_total(FRAME(OPEN)),
	     frame_total(FRAME(ORDINARY)), frame_total(FRAME(UNPROVED)));
	check(frame_total(FRAME(OPEN)) <= 8 * cpu_count() + 8, "few frames are refused");
	check(frame_total(FRAME(ORDINARY)) > 10000, "nearly all memory is closed");
}

static void programs_go_on(void)
{
	unsigned int i, failed = 0;

	for (i = 0; i < 20; i++)
		failed += !run_quietly("{ dd if=/dev/zero of=/tmp/file bs=64k count=16 && sync &&"
				       " cat /proc/meminfo; } 2>&1");
	check_equal(failed, 0, "20 rounds of programs run");
	for (i = 0; i < cpu_count(); i++) {
		pin_to_cpu(i);
		usleep(20000);
	}
	check(true, "timers and every CPU work");
}

static void nothing_new_is_executed(__u64 pages, __u64 text)
{
	__u64 later = leak_pages(), value = 0;

	check_rights(pages, "rw-u", "a page of code that was open");
	/* A write would take that from it. */
	check(can_kernel_execute(pages + PAGE_BYTES), "one that was made text in time runs");
	check_equal(change_frames(pages, 1, FRAME(OPEN), FRAME(UNPROVED), PROOF(BEFORE_CLOSE)),
		    VTL_STATUS_REFUSED, "the first cannot become text now");
	check_equal(vtl_call(VTL_CALL_STATUS, text, 0).status, VTL_STATUS_BAD_ADDRESS,
		    "VTL1 writes no answer into the kernel's text");
	put_code(later);
	check_rights(later, "rw-u", "code in memory that the kernel has taken since");
	check_equal(access_page(later, TEST_EXECUTE, &value), GENERAL_PROTECTION,
		    "its execution is a general protection fault");
}

int main(int argc, char **argv)
{
	struct redoubt_status before;
	struct run text;
	__u64 pages;

	if (argc < 2 || strcmp(argv[1], "close") != 0)
		skip_all("nothing runs after it: its suite gives the argument `close`");
	pages = ledger_open();
	before = redoubt_status();
	text = kernel_text();
	/* The init text of modules is freed a while after they are loaded; what is frozen must not be. */
	sleep(2);
	check(can_kernel_execute(pages), "the kernel executes a page of data");
	freeze_text(text);
	check_equal(change_frames(pages + PAGE_BYTES, 1, FRAME(OPEN), FRAME(UNPROVED),
				  PROOF(BEFORE_CLOSE)),
		    VTL_STATUS_OK, "another page is made text");
	keep_other_text(text);
	close_all();
	programs_go_on();
	nothing_new_is_executed(pages, text.first * PAGE_BYTES);
	programs_go_on();
	check_vtl1_unchanged(&before);
	check(trouble_in(kernel_log()) == NULL, "the kernel's log has no sign of trouble");

	return tap_end();
}
