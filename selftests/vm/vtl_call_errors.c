// SPDX-License-Identifier: MIT

/* Whatever is wrong with a VTL call: an error, value 0, and nothing changed. */

#include "hostile.h"

static void check_refused(struct vtl_answer answer, __u64 status, const char *what)
{
	if (!check(answer.status == status && answer.value == 0, "%s", what))
		note("status %llu value 0x%llx", answer.status, answer.value);
}

static void unknown_ids(void)
{
	static const __u64 ids[] = { 0,	     14,      0x7fff,  0x1ffdf,	    0x1ffe0, 0x1ffe8,
				     0x1fff0, 0xffff, 1ull << 32 | 1, 1ull << 63 | 1, ~0ull };
	bool ok = true;
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		struct vtl_answer answer = vtl_call(ids[i], 0, 0);

		if (answer.status != VTL_STATUS_UNKNOWN_CALL || answer.value != 0) {
			note("id 0x%llx: status %llu", ids[i], answer.status);
			ok = false;
		}
	}
	check(ok, "ids that no call has are unknown");
}

static __u64 *argument_number(struct vtl_arguments *arguments, unsigned int n)
{
	__u64 *const all[] = { &arguments->rsi, &arguments->rdx, &arguments->r8, &arguments->r9,
			       &arguments->r10 };

	return all[n];
}

/* A call with good arguments, and one more in a register that it does not use */
static void unused_arguments(__u64 id, unsigned int used, const char *name)
{
	bool ok = true;
	unsigned int i;

	for (i = used; i < 5; i++) {
		struct vtl_arguments arguments = { .rsi = used ? page_gpa(0) : 0 };
		struct vtl_echo *echo = page(0);
		struct vtl_answer answer;

		memset(echo, 0, sizeof(*echo));
		echo->size_bytes = 8;
		*argument_number(&arguments, i) = i % 2 ? 1 : 1ull << 63;
		answer = vtl_call_with(id, arguments);
		if (answer.status != VTL_STATUS_BAD_ARGUMENT || answer.value != 0) {
			note("argument %u: status %llu", i, answer.status);
			ok = false;
		}
	}
	check(ok, "%s: arguments that it does not use must be 0", name);
}

static void page_arguments(__u64 id, const char *name)
{
	struct named_gpa bad[BAD_PAGES_MAX];
	unsigned int count = bad_pages(bad, BAD_PAGES_MAX), i;
	static const __u64 offsets[] = { 1, 8, 2048, 4095 };
	char what[128];

	for (i = 0; i < count; i++) {
		snprintf(what, sizeof(what), "%s refuses %s", name, bad[i].name);
		check_refused(vtl_call(id, bad[i].gpa, 0), VTL_STATUS_BAD_ADDRESS, what);
	}
	for (i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		snprintf(what, sizeof(what), "%s refuses a page at offset %llu", name, offsets[i]);
		check_refused(vtl_call(id, page_gpa(1) + offsets[i], 0), VTL_STATUS_BAD_ADDRESS,
			      what);
	}
	snprintf(what, sizeof(what), "%s refuses address 0xffffffffffffffff", name);
	check_refused(vtl_call(id, ~0ull, 0), VTL_STATUS_BAD_ADDRESS, what);
}

/* All of VTL1's frames, for the cheapest call */
static void every_vtl1_frame(void)
{
	struct test_frames run = {};
	__u64 accepted = 0, i;

	for (; hostile_ioctl(TEST_IOC_FRAMES, &run) == 0; run.from = run.first + run.count) {
		for (i = 0; i < run.count; i++)
			accepted += vtl_call(VTL_CALL_STATUS, (run.first + i) * PAGE_BYTES, 0)
					    .status != VTL_STATUS_BAD_ADDRESS;
	}
	check_equal(accepted, 0, "every frame of VTL1's is refused as an argument");
}

static void echo_sizes(void)
{
	struct vtl_echo *echo = page(0);
	static const struct {
		__u32 size, reserved;
		__u64 status;
	} cases[] = {
		{ 0, 0, VTL_STATUS_BAD_ARGUMENT },
		{ 1, 0, VTL_STATUS_OK },
		{ VTL_ECHO_BYTES_MAX, 0, VTL_STATUS_OK },
		{ VTL_ECHO_BYTES_MAX + 1, 0, VTL_STATUS_BAD_ARGUMENT },
		{ 0x80000000, 0, VTL_STATUS_BAD_ARGUMENT },
		{ 0xffffffff, 0, VTL_STATUS_BAD_ARGUMENT },
		{ 8, 1, VTL_STATUS_BAD_ARGUMENT },
		{ 8, 0x80000000, VTL_STATUS_BAD_ARGUMENT },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vtl_echo before;
		struct vtl_answer answer;

		memset(echo, 0xa5, sizeof(*echo));
		echo->size_bytes = cases[i].size;
		echo->reserved = cases[i].reserved;
		before = *echo;
		answer = vtl_call(VTL_CALL_ECHO, page_gpa(0), 0);
		check_equal(answer.status, cases[i].status, "echo of %u bytes, reserved 0x%x",
			    cases[i].size, cases[i].reserved);
		if (cases[i].status != VTL_STATUS_OK)
			check(memcmp(echo, &before, sizeof(before)) == 0 && answer.value == 0,
			      "and the page is as it was");
	}
}

static void log_sequences(void)
{
	static const __u64 sequences[] = { 0, 1, 1000000, 1ull << 32, 1ull << 63, ~0ull };
	struct vtl_log_page *log = page(2);
	size_t i;

	for (i = 0; i < sizeof(sequences) / sizeof(*sequences); i++) {
		struct vtl_answer answer;
		bool ok;

		memset(log, 0xa5, sizeof(*log));
		answer = vtl_call(VTL_CALL_LOG_READ, page_gpa(2), sequences[i]);
		ok = answer.status == VTL_STATUS_OK && answer.value == log->next_sequence &&
		     log->first_sequence <= log->next_sequence && log->reserved == 0 &&
		     log->text_bytes <= VTL_LOG_TEXT_BYTES &&
		     (log->text_bytes == 0 || log->text[log->text_bytes - 1] == '\n');
		if (!check(ok, "the log from sequence 0x%llx is well formed", sequences[i]))
			note("status %llu first %llu next %llu bytes %u", answer.status,
			     log->first_sequence, log->next_sequence, log->text_bytes);
	}
}

/* An overlay page of VTL0's own: the driver never passes one. VTL1 has the RAM below. */
static void hypercall_page(void)
{
	__u64 msr = 0, first = 0;

	if (read_msr(0x40000001, &msr) != TEST_NO_FAULT)
		bail_out("no hypercall MSR");
	check_equal(vtl_call(VTL_CALL_STATUS, msr & ~(PAGE_BYTES - 1), 0).status,
		    VTL_STATUS_OK, "an answer to the hypercall page goes below it");
	access_page(msr & ~(PAGE_BYTES - 1), TEST_READ, &first);
	check_equal(first & 0xffffffff, 0xfa1e0ff3, "and still begins with ENDBR64");
}

int main(void)
{
	struct redoubt_status before, after;

	hostile_open();
	before = redoubt_status();
	unknown_ids();
	unused_arguments(VTL_CALL_VERSION, 0, "version");
	unused_arguments(VTL_CALL_FEATURES, 0, "features");
	unused_arguments(VTL_CALL_STATUS, 1, "status");
	unused_arguments(VTL_CALL_ECHO, 1, "echo");
	unused_arguments(VTL_CALL_LOG_READ, 2, "log");
	unused_arguments(VTL_CALL_PIN, 0, "pin");
	page_arguments(VTL_CALL_STATUS, "status");
	page_arguments(VTL_CALL_ECHO, "echo");
	page_arguments(VTL_CALL_LOG_READ, "log");
	every_vtl1_frame();
	echo_sizes();
	log_sequences();
	hypercall_page();

	after = redoubt_status();
	check(after.vtl1.phase == before.vtl1.phase &&
		      after.vtl1.memory_bytes == before.vtl1.memory_bytes &&
		      after.vtl1.vp_count == before.vtl1.vp_count,
	      "phase, memory and CPUs are as before");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
