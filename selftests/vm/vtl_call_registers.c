// SPDX-License-Identifier: MIT

/* A VTL call gives back every register but those that carry its results. */

#include "hostile.h"
#include "selftests/vtl1/calls.h"

#define CALLS 1000

static __u64 random_state = 0x9e3779b97f4a7c15;

static __u64 random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;

	return random_state;
}

static bool is_kept(const struct test_registers *before, const struct test_registers *after)
{
	struct test_registers expected = *before;

	/* Destroyed by the hypercall page, and the results. */
	expected.rax = after->rax;
	expected.rcx = after->rcx;
	expected.r8 = after->r8;
	expected.r9 = after->r9;
	expected.rflags = (before->rflags & TEST_FLAGS_CHECKED) |
			  (after->rflags & ~TEST_FLAGS_CHECKED);

	return memcmp(&expected, after, sizeof(expected)) == 0;
}

/* Random registers around a call with these arguments */
static bool call_with_random(__u64 id, __u64 rsi, __u64 status)
{
	struct test_registers before, after;
	__u64 *word = (__u64 *)&before;
	size_t i;

	for (i = 0; i < sizeof(before) / sizeof(*word); i++)
		word[i] = random_number();
	before.rax = 0;
	before.rcx = TLFS_CALL_VTL_CALL;
	before.rdi = id;
	before.rsi = rsi;
	before.rdx = before.r8 = before.r9 = before.r10 = 0;
	after = before;

	return vmmcall(&after) == TEST_NO_FAULT && after.r8 == status && is_kept(&before, &after);
}

static void general_registers(__u64 id, __u64 rsi, __u64 status, const char *name)
{
	unsigned int i, bad = 0;

	for (i = 0; i < CALLS; i++) {
		if (id == VTL_CALL_ECHO)
			*(__u64 *)page(0) = 1 + i; /* size, and reserved 0 */
		bad += !call_with_random(id, rsi, status);
	}
	check_equal(bad, 0, "%d %s: general registers and flags", CALLS, name);
}

static void all_state(__u64 id, __u64 rsi, const char *name)
{
	struct test_state state = { .id = id, .argument = { rsi }, .count = CALLS };

	must_do(TEST_IOC_STATE, &state);
	if (!check(state.changed == 0, "%d %s: x87, SSE, debug, control registers, MSRs", CALLS,
		   name))
		note("changed 0x%x, MSR 0x%llx", state.changed, state.detail);
	check_equal(state.status, VTL_STATUS_OK, "%s succeeds meanwhile", name);
}

/* The self-test image writes all registers that VTL1 has to itself. */
static void private_registers(void)
{
	struct vtl_selftest_registers *seen = page(0);
	struct test_state state = { .id = SELFTEST_CALL_TEST_REGISTERS,
				    .argument = { page_gpa(0) },
				    .count = 10 };

	if (vtl_call(SELFTEST_CALL_TEST_REGISTERS, page_gpa(0), 0).status ==
	    VTL_STATUS_UNKNOWN_CALL) {
		check_skip("private registers", "not the self-test image");
		return;
	}
	must_do(TEST_IOC_STATE, &state);
	if (!check(state.changed == 0, "VTL1's own registers are not VTL0's"))
		note("changed 0x%x, MSR 0x%llx", state.changed, state.detail);
	check(seen->cr2 == 0x7654321000 && seen->dr[0] == 0x123456789abc,
	      "and VTL1 sees the shared ones");
}

int main(void)
{
	hostile_open();
	pin_to_cpu(cpu_count() - 1);
	general_registers(VTL_CALL_VERSION, 0, VTL_STATUS_OK, "version calls");
	general_registers(VTL_CALL_STATUS, page_gpa(1), VTL_STATUS_OK, "status calls");
	general_registers(VTL_CALL_ECHO, page_gpa(0), VTL_STATUS_OK, "echo calls");
	general_registers(VTL_CALL_STATUS, 1, VTL_STATUS_BAD_ADDRESS, "refused calls");
	general_registers(99, 0, VTL_STATUS_UNKNOWN_CALL, "unknown calls");
	all_state(VTL_CALL_VERSION, 0, "version calls");
	all_state(VTL_CALL_STATUS, page_gpa(1), "status calls");
	private_registers();

	return tap_end();
}
