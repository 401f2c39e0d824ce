// SPDX-License-Identifier: MIT

/* What VTL0 can do with a frame changes with the frame's state in VTL1's ledger, on every CPU. */

#include "ledger.h"

static __u64 pages;

static __u64 gpa_of(unsigned int n)
{
	return pages + n * PAGE_BYTES;
}

static void step(unsigned int n, unsigned int from, unsigned int to, unsigned int proof,
		 const char *rights, const char *name)
{
	check_equal(change_frames(gpa_of(n), 1, from, to, proof), VTL_STATUS_OK, "page %u becomes %s",
		    n, name);
	check_equal(frame_state(gpa_of(n)), to, "and is");
	check_rights(gpa_of(n), rights, name);
}

/* Text of modules: page 3 runs until it is written, and is ordinary then. */
static void text_step(unsigned int from, unsigned int to, unsigned int proof, const char *name)
{
	check_equal(change_frames(gpa_of(3), 1, from, to, proof), VTL_STATUS_OK, "page 3 becomes %s",
		    name);
	check_equal(frame_state(gpa_of(3)), to, "and is");
	check(can_kernel_execute(gpa_of(3)), "%s runs", name);
	check_rights(gpa_of(3), "rw-u", "what was written");
	check_equal(frame_state(gpa_of(3)), FRAME(ORDINARY), "and is ordinary");
}

static void states(void)
{
	check_rights(gpa_of(0), "rwku", "open");
	step(0, FRAME(OPEN), FRAME(FROZEN_TEXT), PROOF(BEFORE_CLOSE), "r-ku", "frozen text");
	step(0, FRAME(FROZEN_TEXT), FRAME(KERNEL_TEXT), PROOF(COMPARED), "r-ku", "kernel text");
	step(1, FRAME(OPEN), FRAME(FROZEN_DATA), PROOF(BEFORE_CLOSE), "r--u", "frozen data");
	step(1, FRAME(FROZEN_DATA), FRAME(SEALED), PROOF(COMPARED), "r---", "sealed");
	step(2, FRAME(OPEN), FRAME(FROZEN_DATA), PROOF(BEFORE_CLOSE), "r--u", "frozen data");
	step(2, FRAME(FROZEN_DATA), FRAME(SEALED_USER), PROOF(COMPARED), "r--u", "sealed for users");
	text_step(FRAME(OPEN), FRAME(UNPROVED), PROOF(BEFORE_CLOSE), "unproved");
	step(3, FRAME(ORDINARY), FRAME(ADMITTING), PROOF(NOT_NEEDED), "r---", "admitting");
	text_step(FRAME(ADMITTING), FRAME(MODULE_TEXT), PROOF(EXPLAINED), "module text");
}

static void refusals(void)
{
	struct named_gpa bad[BAD_PAGES_MAX];
	unsigned int i, count = bad_pages(bad, BAD_PAGES_MAX);

	check_equal(change_frames(gpa_of(0), 1, FRAME(KERNEL_TEXT), FRAME(ORDINARY), PROOF(NOT_NEEDED)),
		    VTL_STATUS_REFUSED, "kernel text stays");
	check_equal(change_frames(gpa_of(3), 1, FRAME(ORDINARY), FRAME(OPEN), PROOF(NOT_NEEDED)),
		    VTL_STATUS_REFUSED, "nothing becomes open");
	check_equal(change_frames(gpa_of(3), 1, FRAME(ORDINARY), FRAME(MODULE_TEXT), PROOF(EXPLAINED)),
		    VTL_STATUS_REFUSED, "nothing becomes text that was not frozen");
	check_equal(change_frames(gpa_of(4), 1, FRAME(OPEN), FRAME(UNPROVED), PROOF(NOT_NEEDED)),
		    VTL_STATUS_REFUSED, "nothing without its proof");
	check_equal(change_frames(gpa_of(2), 3, FRAME(OPEN), FRAME(ORDINARY), PROOF(NOT_NEEDED)),
		    VTL_STATUS_REFUSED, "no range of several states");
	check_rights(gpa_of(4), "rwku", "and the open page of them is as it was");
	for (i = 0; i < count; i++) {
		check_equal(change_frames(bad[i].gpa, 1, FRAME(OPEN), FRAME(ORDINARY),
					  PROOF(NOT_NEEDED)),
			    VTL_STATUS_BAD_ADDRESS, "not %s", bad[i].name);
	}
	check_equal(change_frames(vtl1_page(), 1, FRAME(ORDINARY), FRAME(ADMITTING),
				  PROOF(NOT_NEEDED)),
		    VTL_STATUS_BAD_ADDRESS, "VTL1's memory is none of VTL0's");
}

/* VTL1 writes answers with its own rights. */
static void answers(void)
{
	check_equal(vtl_call(VTL_CALL_STATUS, gpa_of(0), 0).status, VTL_STATUS_BAD_ADDRESS,
		    "no answer is written into kernel text");
	check_equal(vtl_call(VTL_CALL_STATUS, gpa_of(1), 0).status, VTL_STATUS_BAD_ADDRESS,
		    "nor into sealed data");
	check(can_read(gpa_of(0)) && can_read(gpa_of(1)), "both are as they were");
	check_equal(vtl_call(VTL_CALL_STATUS, gpa_of(5), 0).status, VTL_STATUS_OK,
		    "into an open page it is");
}

/* A translation that the other CPU has used is gone there too. */
static void every_cpu(void)
{
	unsigned int cpu, count = cpu_count(), bad = 0;

	for (cpu = 0; cpu < count; cpu++) {
		pin_to_cpu(cpu);
		bad += !can_write(gpa_of(6)) || !can_kernel_execute(gpa_of(6));
	}
	check_equal(bad, 0, "%u CPUs write and execute the open page", count);
	pin_to_cpu(0);
	change_frames(gpa_of(6), 1, FRAME(OPEN), FRAME(ORDINARY), PROOF(NOT_NEEDED));
	for (cpu = 0; cpu < count; cpu++) {
		pin_to_cpu(cpu);
		bad += !can_write(gpa_of(6)) || can_kernel_execute(gpa_of(6));
	}
	check_equal(bad, 0, "none executes it when it is ordinary");
	pin_to_cpu(count - 1);
	change_frames(gpa_of(6), 1, FRAME(ORDINARY), FRAME(ADMITTING), PROOF(NOT_NEEDED));
	for (cpu = 0; cpu < count; cpu++) {
		pin_to_cpu(cpu);
		bad += can_write(gpa_of(6)) || can_kernel_execute(gpa_of(6));
	}
	check_equal(bad, 0, "none writes it while it is admitted");
}

static void totals(void)
{
	struct redoubt_status status = redoubt_status();
	__u64 open = frame_total(FRAME(OPEN));

	check_equal(frame_total(FRAME(VTL1)) + frame_total(FRAME(LOG_RING)), status.vtl1.memory_bytes / PAGE_BYTES,
		    "as many frames are VTL1's as it says");
	check_equal(change_frames(gpa_of(7), 3, FRAME(OPEN), FRAME(UNPROVED), PROOF(BEFORE_CLOSE)),
		    VTL_STATUS_OK, "three pages become unproved");
	check_equal(frame_total(FRAME(OPEN)), open - 3, "three fewer are open");
	check_equal(change_frames(gpa_of(7), 3, FRAME(UNPROVED), FRAME(ORDINARY), PROOF(NOT_NEEDED)),
		    VTL_STATUS_OK, "and ordinary");
}

int main(void)
{
	struct redoubt_status before;

	pages = ledger_open();
	before = redoubt_status();
	states();
	refusals();
	answers();
	every_cpu();
	totals();
	check_vtl1_unchanged(&before);
	check(trouble_in(kernel_log()) == NULL, "the kernel's log has no sign of trouble");

	return tap_end();
}
