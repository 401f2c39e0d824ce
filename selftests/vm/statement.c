// SPDX-License-Identifier: MIT

/* The witness log, which VTL0 reads and cannot write, and what VTL1 signs of it. */

#include <sys/wait.h>

#include "hostile.h"

static struct vtl_witness witness_now(void)
{
	struct vtl_witness witness = { .page_count = 0 };

	if (vtl_call(VTL_CALL_WITNESS, page_gpa(0), 0).status == VTL_STATUS_OK)
		memcpy(&witness, page(0), sizeof(witness));

	return witness;
}

static void read_record(__u64 gpa, struct witness_record *record)
{
	__u64 *words = (__u64 *)record;
	size_t i;

	for (i = 0; i < sizeof(*record) / sizeof(*words); i++) {
		if (access_page(gpa + i * sizeof(*words), TEST_READ, &words[i]) != TEST_NO_FAULT)
			bail_out("the witness log at 0x%llx cannot be read", gpa);
	}
}

/* The record of page @number whose GPA is @gpa; false if there is none */
static bool find_record(const struct vtl_witness *witness, unsigned int number, __u64 gpa,
			struct witness_record *record)
{
	unsigned int i;

	for (i = 0; i < WITNESS_FIRSTS_PER_PAGE; i++) {
		read_record(witness->page_gpa[number] + i * sizeof(*record), record);
		if (record->count && record->gpa == gpa)
			return true;
	}

	return false;
}

static void denials_are_recorded(void)
{
	struct vtl_witness before = witness_now(), after;
	struct witness_record record;
	__u64 closed = vtl1_page() + 0x128, value = 0;
	unsigned int i;

	check_equal(before.page_count, WITNESS_PAGE_COUNT, "the witness log has its pages");
	for (i = 0; i < 5; i++)
		access_page(closed, TEST_READ, &value);
	after = witness_now();
	check_equal(after.events - before.events, 5, "five denied reads are five events");
	check(after.records - before.records <= 1, "in one record");
	check(find_record(&after, WITNESS_POLICY_OWN_MEMORY, closed, &record) || before.records,
	      "which says where");
	check_equal(after.lost - before.lost, 0, "and none of them is lost");
}

static void pages_cannot_be_written(void)
{
	struct vtl_witness witness = witness_now(), after;
	unsigned int i, bad = 0;

	for (i = 0; i < WITNESS_PAGE_COUNT; i++) {
		__u64 value = 0x4141414141414141, found = 0;
		int fault = access_page(witness.page_gpa[i] + 8, TEST_WRITE, &value);

		access_page(witness.page_gpa[i] + 8, TEST_READ, &found);
		if (fault != GENERAL_PROTECTION || found == value)
			bad++;
	}
	check_equal(bad, 0, "none of its pages can be written");
	check_equal(access_page(witness.page_gpa[0], TEST_EXECUTE, &(__u64){ 0 }),
		    GENERAL_PROTECTION, "nor executed");
	after = witness_now();
	check_equal(after.events - witness.events, WITNESS_PAGE_COUNT + 1, "each attempt is an event");
}

static __u64 ask_for_statement(void)
{
	struct vtl_answer answer = { .status = VTL_STATUS_AGAIN };
	unsigned int i;

	for (i = 0; i < 10 && answer.status == VTL_STATUS_AGAIN; i++)
		answer = vtl_call(VTL_CALL_STATEMENT, page_gpa(1), 0);

	return answer.status;
}

static void statements(void)
{
	struct vtl_statement *statement = page(1), first;

	memset(statement, 0, sizeof(*statement));
	statement->nonce[0] = 0x5a;
	check_equal(ask_for_statement(), VTL_STATUS_OK, "a statement");
	first = *statement;
	check(first.magic == STATEMENT_MAGIC && first.nonce[0] == 0x5a && first.nonce[31] == 0,
	      "with the nonce");
	check_equal(first.vp_count, cpu_count(), "of all CPUs");
	check_equal(first.log_events, witness_now().events, "with the log's totals");
	check(memcmp(first.log_head, witness_now().head, sizeof(first.log_head)) == 0,
	      "and its head");
	check_equal(ask_for_statement(), VTL_STATUS_BAD_ARGUMENT, "what is no question is refused");
	memset(statement, 0, sizeof(*statement));
	check_equal(ask_for_statement(), VTL_STATUS_OK, "another statement");
	check(memcmp(first.public_key, statement->public_key, sizeof(first.public_key)) == 0,
	      "has the same key");
	check(memcmp(first.signature, statement->signature, sizeof(first.signature)) != 0,
	      "and another signature");
	check_equal(vtl_call(VTL_CALL_STATEMENT, vtl1_page(), 0).status, VTL_STATUS_BAD_ADDRESS,
		    "none goes into VTL1's memory");
}

static int run(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void the_command(void)
{
	static const char nonce[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	char command[256];

	snprintf(command, sizeof(command), "redoubt status --nonce %s > /tmp/statement", nonce);
	check_equal(run(command), 0, "redoubt status --nonce");
	snprintf(command, sizeof(command), "redoubt verify /tmp/statement --nonce %s > /tmp/out", nonce);
	check_equal(run(command), 0, "redoubt verify");
	/* The statement is the last line; its 30th digit is one of the nonce. */
	check_equal(run("sed 's/\\(statement  *.\\{60\\}\\)./\\1f/' /tmp/statement > /tmp/forged; "
			"redoubt verify /tmp/forged 2> /tmp/out"),
		    3, "refuses what was changed");
	check_equal(run("redoubt log verify > /tmp/out"), 0, "redoubt log verify");
	check(strstr(read_text("/tmp/out"), "as VTL1 has signed") != NULL, "says so");
}

int main(void)
{
	hostile_open();
	denials_are_recorded();
	pages_cannot_be_written();
	statements();
	the_command();
	check(is_vtl1_well(), "VTL1 answers");
	check(!trouble_in(kernel_log()), "the kernel's log has no sign of trouble");

	return tap_end();
}
