// SPDX-License-Identifier: MIT

/*
 * A VP that VTL1 starts with a context of its choice, in page tables that only this program changes: it
 * runs, and it sees a changed mapping after a flush call.
 */

#include "offline_vp.h"

/* Test pages */
#define TOP 16
#define MIDDLE 17
#define LOWER 18
#define LOWEST 19
#define CODE 20
#define OLD 21
#define NEW 22
#define RESULT 23
#define INPUT 24

#define CODE_VA 0x400000ull /* the first pages of the second 2 MiB */
#define SEEN_VA 0x401000ull /* OLD, then NEW */
#define RESULT_VA 0x402000ull

#define OLD_VALUE 0x01d01d01d01d01d0ull
#define NEW_VALUE 0x5eed5eed5eed5eedull

struct result {
	__u64 rounds;
	__u64 seen;
};

static volatile struct result *result(void)
{
	return page(RESULT);
}

static void map_seen(unsigned int n)
{
	((volatile __u64 *)page(LOWEST))[1] = page_gpa(n) | 3;
}

/* CODE_VA: reads SEEN_VA, stores what it read, counts, for ever. */
static void build(void)
{
	static const char code[] = "\x48\x8b\x04\x25\x00\x10\x40\x00"	  /* mov SEEN_VA, %rax */
				   "\x48\x89\x04\x25\x08\x20\x40\x00"	  /* mov %rax, RESULT_VA + 8 */
				   "\xf0\x48\xff\x04\x25\x00\x20\x40\x00" /* lock incq RESULT_VA */
				   "\xf3\x90\xeb\xe3";			  /* pause; again */
	unsigned int n;

	for (n = TOP; n <= INPUT; n++)
		memset(page(n), 0, PAGE_BYTES);
	memcpy(page(CODE), code, sizeof(code) - 1);
	((__u64 *)page(TOP))[0] = page_gpa(MIDDLE) | 3;
	((__u64 *)page(MIDDLE))[0] = page_gpa(LOWER) | 3;
	((__u64 *)page(LOWER))[2] = page_gpa(LOWEST) | 3;
	((__u64 *)page(LOWEST))[0] = page_gpa(CODE) | 3;
	map_seen(OLD);
	((__u64 *)page(LOWEST))[2] = page_gpa(RESULT) | 3;
	*(__u64 *)page(OLD) = OLD_VALUE;
	*(__u64 *)page(NEW) = NEW_VALUE;
}

static int start(__u64 rip)
{
	const struct tlfs_segment_register data = { .limit = ~0u, .selector = 0x10, .attributes = 0xc093 };
	struct tlfs_enable_vp_vtl *input = page(INPUT);

	*input = (struct tlfs_enable_vp_vtl){
		.partition_id = TLFS_PARTITION_SELF,
		.vp_index = offline_vp,
		.target_vtl = 0,
		.context = {
			.rip = rip,
			.rflags = 2,
			.cs = { .limit = ~0u, .selector = 0x08, .attributes = 0xa09b },
			.ds = data,
			.es = data,
			.ss = data,
			.tr = { .limit = 0x67, .attributes = 0x8b },
			.efer = 0x500, /* LMA LME */
			.cr0 = 0x80010033,
			.cr3 = page_gpa(TOP),
			.cr4 = 0x20,
			.pat = 0x0007040600070406,
		},
	};

	return hypercall1(TLFS_CALL_START_VIRTUAL_PROCESSOR, page_gpa(INPUT), 0).status;
}

static bool goes_on(void)
{
	__u64 before = result()->rounds;
	unsigned int i;

	for (i = 0; i < 200 && result()->rounds < before + 2; i++)
		usleep(10000);

	return result()->rounds >= before + 2;
}

static void started(void)
{
	struct pair_counters before, after;

	check(start(CODE_VA) != 0, "B6.started: not while VTL0 runs there");
	send_startup(0); /* INIT alone: it waits */
	before = counters_of(offline_vp);
	usleep(50000);
	check_equal(result()->rounds, 0, "B6.started: nothing runs yet");
	check_equal(start(CODE_VA), 0, "B6.started: VTL1 starts VTL0 of another VP");
	check(goes_on(), "B6.started: which runs");
	check_equal(result()->seen, OLD_VALUE, "B6.started: in the tables of its context");
	after = counters_of(offline_vp);
	check_equal(after.entries[2] - before.entries[2], 1, "B6.started: after VTL1 there");
	check_equal(after.messages, before.messages, "B6.started: which is not asked");
	check(start(CODE_VA) != 0, "B6.started: not twice");
}

static __u64 with_bank(__u64 control)
{
	return control | 1ull << TLFS_CALL_VARIABLE_HEADER_SHIFT;
}

static __u64 input_for_mask(void)
{
	struct tlfs_flush_virtual_address *input = page(INPUT);

	memset(page(INPUT), 0, PAGE_BYTES);
	*input = (struct tlfs_flush_virtual_address){ .address_space = page_gpa(TOP),
						      .processor_mask = 1ull << offline_vp };
	*(__u64 *)(input + 1) = SEEN_VA;

	return page_gpa(INPUT);
}

static __u64 input_for_set(void)
{
	struct tlfs_flush_virtual_address_ex *input = page(INPUT);
	__u64 *rest = (__u64 *)(input + 1);

	memset(page(INPUT), 0, PAGE_BYTES);
	*input = (struct tlfs_flush_virtual_address_ex){
		.address_space = page_gpa(TOP),
		.processors = { TLFS_VP_SET_SPARSE, 1 },
	};
	rest[0] = 1ull << offline_vp;
	rest[1] = SEEN_VA;

	return page_gpa(INPUT);
}

static void flushed(const char *name, __u64 control, __u64 (*make_input)(void))
{
	bool went_on, is_stale;

	map_seen(OLD);
	hypercall0(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, input_for_mask(), 0);
	if (!goes_on() || result()->seen != OLD_VALUE)
		bail_out("the VP does not read the old page");
	map_seen(NEW);
	went_on = goes_on();
	is_stale = result()->seen == OLD_VALUE;
	check_equal(hypercall0(control, make_input(), 0).status, 0, "B7.%s: succeeds", name);
	note("between change and call the VP read the %s page", is_stale ? "old" : "new");
	check(went_on && goes_on() && result()->seen == NEW_VALUE,
	      "B7.%s: the other VP reads by the new mapping", name);
}

static void flushes(void)
{
	int status = hypercall0(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, input_for_mask(), 0).status;

	if (status == TLFS_STATUS_INVALID_HYPERCALL_CODE) {
		check_skip("B7", "no flush calls");
		return;
	}
	flushed("space", TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, input_for_mask);
	flushed("list", rep(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST, 1, 0), input_for_mask);
	status = hypercall0(with_bank(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX), input_for_set(), 0).status;
	if (status == TLFS_STATUS_INVALID_HYPERCALL_CODE) {
		check_skip("B7.ex", "no flush calls with processor sets");
		return;
	}
	flushed("space_ex", with_bank(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX), input_for_set);
	flushed("list_ex", with_bank(rep(TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX, 1, 0)), input_for_set);
}

/* Rights that VTL1 takes away on this CPU are gone on the VP that runs: it runs into an intercept. */
static void shot_down(void)
{
	__u64 messages = counters_of(offline_vp).messages;

	policy_there((struct pair_policy){
		.action = PAIR_PROTECT_PAGE, .count = 1, .value = TLFS_PROTECT_ALL });
	check_equal(protect1(page_gpa(NEW), 1, 0), 0, "B7.rights: VTL1 closes a page that another VP reads");
	check(goes_on(), "B7.rights: it goes on when its VTL1 has opened the page");
	check_equal(counters_of(offline_vp).messages, messages + 1, "B7.rights: at the intercept it took");
}

static void stopped(void)
{
	check_equal(set_register_of1(offline_vp, 0, TLFS_REG_INTERNAL_ACTIVITY_STATE,
				     TLFS_ACTIVITY_STARTUP_SUSPEND, 0),
		    0, "B11.suspend: VTL1 stops VTL0 of another VP");
	usleep(50000);
	check(!goes_on(), "B11.suspend: it does not run any more");
}

int main(void)
{
	conformance_open();
	if (cpu_count() < 2)
		skip_all("one CPU: there is none to start");
	take_last_cpu();
	if (!set_config_bits(TLFS_VSM_INTERCEPT_VP_STARTUP, 0))
		bail_out("InterceptVpStartup is not offered: CPU %u is lost", offline_cpu);
	build();
	started();
	flushes();
	shot_down();
	stopped();
	give_back();
	set_config_bits(0, TLFS_VSM_INTERCEPT_VP_STARTUP);

	return conformance_end();
}
