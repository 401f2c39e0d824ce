// SPDX-License-Identifier: MIT

/* What VTL1 takes from VTL0's pages: the call's rules, the accesses, the messages. */

#include "conformance.h"

#define TARGET 8

static int modify(unsigned int count, __u32 flags, __u8 input_vtl, __u64 partition)
{
	struct tlfs_modify_vtl_protection_mask *header = page(0);
	__u64 *pages = (void *)(header + 1);
	unsigned int i;

	*header = (struct tlfs_modify_vtl_protection_mask){ .partition_id = partition,
							    .map_flags = flags,
							    .input_vtl = input_vtl };
	for (i = 0; i < count; i++)
		pages[i] = page_gpa(TARGET + i) / PAGE_BYTES;

	return hypercall1(rep(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, count, 0), page_gpa(0), 0).status;
}

static void call_rules(void)
{
	static const __u32 good[] = { 0, 1, 3, 0xd, 0xf };
	bool mbec = offers_mbec();
	unsigned int i, bad = 0;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		bad += modify(1, good[i], VTL1_TARGET, TLFS_PARTITION_SELF) != 0;
	check_equal(bad, 0, "A17.flags: 0, R, RW, RX, RWX");
	for (i = 0, bad = 0; i < 16; i++) {
		bool no_read = i != 0 && !(i & 1);

		if (no_read)
			bad += modify(1, i, VTL1_TARGET, TLFS_PARTITION_SELF) == 0;
	}
	check_equal(bad, 0, "A17.flags: nothing without read");
	if (!mbec)
		check(modify(1, 0x9, VTL1_TARGET, TLFS_PARTITION_SELF) != 0 &&
			      modify(1, 0xb, VTL1_TARGET, TLFS_PARTITION_SELF) != 0,
		      "A17.flags: user execution alone is refused without MBEC");
	else
		check_skip("A17.flags", "MBEC is offered");
	for (i = 4, bad = 0; i < 32; i++)
		bad += modify(1, 3 | 1u << i, VTL1_TARGET, TLFS_PARTITION_SELF) == 0;
	check_equal(bad, 0, "A17.flags: no other bit");
	check_equal(modify(1, 0xf, TLFS_INPUT_VTL_USE_TARGET | 2, TLFS_PARTITION_SELF) != 0 &&
			    modify(1, 0xf, 0xf1, TLFS_PARTITION_SELF) != 0,
		    1, "A17.target: VTL2, or reserved bits");
	check_equal(modify(1, 0xf, VTL0_TARGET, TLFS_PARTITION_SELF), TLFS_STATUS_INVALID_PARAMETER,
		    "A17.target: VTL0 is INVALID_PARAMETER (E13)");
	check_equal(modify(1, 0xf, 0, TLFS_PARTITION_SELF), 0, "A17.target: none is the caller's");
	check(modify(1, 0xf, VTL1_TARGET, 1) != 0, "A17.partition: another");
	check_equal(modify(1, 0xf, VTL1_TARGET, TLFS_PARTITION_SELF), 0, "A17.open");
}

static void partial(void)
{
	__u64 *pages = page(0) + sizeof(struct tlfs_modify_vtl_protection_mask);
	struct answer answer;
	__u64 value;

	modify(3, 3, VTL1_TARGET, TLFS_PARTITION_SELF);
	modify(3, 0xf, VTL1_TARGET, TLFS_PARTITION_SELF);
	pages[1] = 0xfee00; /* not RAM */
	((struct tlfs_modify_vtl_protection_mask *)page(0))->map_flags = TLFS_PROTECT_READ;
	answer = hypercall1(rep(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, 3, 0), page_gpa(0), 0);
	check(answer.status != 0 && answer.reps == 1, "A17.partial: stops at the page that is not RAM");
	check_equal(attempt(PAIR_TRY_WRITE, page_gpa(TARGET), 1).fault, GENERAL_PROTECTION,
		    "A17.partial: the page before is read-only");
	check_equal(attempt(PAIR_TRY_WRITE, page_gpa(TARGET + 2), 1).fault, PAIR_NO_VECTOR,
		    "A17.partial: the page after is not");
	pages[0] = 1ull << 60;
	check(hypercall1(rep(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, 1, 0), page_gpa(0), 0).status != 0,
	      "A17.range: past all addresses");
	modify(3, 0xf, VTL1_TARGET, TLFS_PARTITION_SELF);
	((struct tlfs_modify_vtl_protection_mask *)page(0))->map_flags = 0;
	check(hypercall0(rep(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, 1, 0), page_gpa(0), 0).status != 0,
	      "A17.vtl0: VTL0 protects nothing");
	((struct tlfs_modify_vtl_protection_mask *)page(0))->input_vtl = 0;
	check(hypercall0(rep(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, 1, 0), page_gpa(0), 0).status != 0,
	      "A17.vtl0: not even in its own name");
	value = 0x77;
	check_equal(attempt(PAIR_TRY_WRITE, page_gpa(TARGET), value).fault, PAIR_NO_VECTOR,
		    "A17.vtl0: the page is as it was");
}

static void message(__u32 what, __u32 rights, __u8 access_type, const char *name)
{
	struct pair_counters before, after;
	const struct tlfs_gpa_intercept *memory;
	struct pair_record record;
	struct pair_try one;
	__u64 gpa = page_gpa(TARGET) + 0x128;

	protect1(page_gpa(TARGET), 1, rights);
	before = counters1();
	one = attempt(what, gpa, 0x1234);
	after = counters1();
	record = record1(0);
	memory = as_memory(&record);
	check_equal(one.fault, GENERAL_PROTECTION, "A21.%s: denied, VTL0 gets #GP", name);
	check_equal(after.messages - before.messages, 1, "A21.%s: one message", name);
	check_equal(after.entries[2] - before.entries[2], 1, "A21.%s: one entry, reason 2", name);
	check_equal(after.faults + after.failures, 0, "A21.%s: VTL1 had no trouble", name);
	check_equal(record.message.header.type, TLFS_MESSAGE_GPA_INTERCEPT, "A21.%s: GpaIntercept", name);
	check_equal(record.message.header.payload_bytes, 80, "A21.%s: 80 bytes", name);
	check_equal(memory->header.vp_index, vp_index0(), "A21.%s: VP index", name);
	check_equal(memory->header.access_type, access_type, "A21.%s: access type", name);
	check_equal(memory->gpa & ~7ull, gpa & ~7ull, "A21.%s: GPA", name);
	check_equal(memory->header.execution_state & (TLFS_EXECUTION_CPL | TLFS_EXECUTION_PE |
						      TLFS_EXECUTION_LMA | 0xfu << 7),
		    TLFS_EXECUTION_PE | TLFS_EXECUTION_LMA,
		    "A21.%s: execution state: CPL 0, protected, long mode, VTL0", name);
	check(memory->header.cs.attributes & 1u << 13 && memory->header.rip >> 63,
	      "A21.%s: CS and RIP of the kernel", name);
	protect1(page_gpa(TARGET), 1, TLFS_PROTECT_ALL);
}

static void retry(void)
{
	struct pair_try one;
	__u64 *mine = page(TARGET);

	protect1(page_gpa(TARGET), 1, 0);
	policy1(PAIR_PROTECT_PAGE, TLFS_PROTECT_ALL);
	one = attempt(PAIR_TRY_WRITE, page_gpa(TARGET), 0x4242);
	check(one.fault == PAIR_NO_VECTOR && mine[0] == 0x4242,
	      "A21.retry: VTL1 opens the page, the write is done again and works");
	protect1(page_gpa(TARGET), 1, TLFS_PROTECT_READ);
	one = attempt(PAIR_TRY_READ, page_gpa(TARGET), 0);
	check(one.fault == PAIR_NO_VECTOR && one.value == 0x4242, "A17.read: is still possible");
	protect1(page_gpa(TARGET), 1, TLFS_PROTECT_ALL);
}

static void user_access(void)
{
	volatile __u64 *mine = page(TARGET);
	struct pair_policy open = { .action = PAIR_PROTECT_PAGE, .count = 1, .value = TLFS_PROTECT_ALL };
	struct pair_record record;

	protect1(page_gpa(TARGET), 1, TLFS_PROTECT_READ);
	policies1(&open, 1);
	mine[5] = 99;
	record = record1(0);
	check(mine[5] == 99 && as_memory(&record)->header.access_type == TLFS_ACCESS_TYPE_WRITE &&
		      (as_memory(&record)->header.execution_state & TLFS_EXECUTION_CPL) == 3,
	      "A21.user: an access at CPL 3 is said to be one");
	protect1(page_gpa(TARGET), 1, 0);
	policies1(&open, 1);
	check_equal(mine[5], 99, "A21.user: a read, done again");
	record = record1(0);
	check_equal(as_memory(&record)->header.access_type, TLFS_ACCESS_TYPE_READ, "A21.user: is a read");
}

/* mov $0x2a, %eax; ret */
static const __u8 code[] = { 0xb8, 0x2a, 0, 0, 0, 0xc3 };

static void user_execute(void)
{
	struct pair_policy open = { .action = PAIR_PROTECT_PAGE, .count = 1, .value = TLFS_PROTECT_ALL };
	int (*function)(void) = (int (*)(void))page(TARGET);
	struct pair_record record;
	__u64 before;

	memcpy(page(TARGET), code, sizeof(code));
	check_equal(function(), 42, "A17.execute: a page that is open can be executed");
	protect1(page_gpa(TARGET), 1, TLFS_PROTECT_READ | TLFS_PROTECT_WRITE);
	policies1(&open, 1);
	before = counters1().messages;
	check_equal(function(), 42, "A21.execute: done again after VTL1 has opened the page");
	record = record1(0);
	check_equal(counters1().messages - before, 1, "A21.execute: one message");
	check_equal(as_memory(&record)->header.access_type, TLFS_ACCESS_TYPE_EXECUTE,
		    "A21.execute: access type");
	check_equal(as_memory(&record)->gpa & ~0xfffull, page_gpa(TARGET), "A21.execute: GPA");
	check_equal(as_memory(&record)->header.rip, (__u64)page(TARGET), "A21.execute: RIP");
}

/* Each VTL has its own tables: what VTL0 may not touch, VTL1 may. */
static void own_tables(void)
{
	__u64 *mine = page(TARGET);

	mine[3] = 0x3333;
	protect1(page_gpa(TARGET), 1, 0);
	check_equal(vtl1(PAIR_ACCESS, PAIR_DIRECT_VA + page_gpa(TARGET) + 24, 0, 0, 0), 0x3333,
		    "A13.read: VTL1 reads what is closed to VTL0");
	vtl1(PAIR_ACCESS, PAIR_DIRECT_VA + page_gpa(TARGET) + 24, 1, 0x4444, 0);
	check_equal(attempt(PAIR_TRY_READ, page_gpa(TARGET) + 24, 0).fault, GENERAL_PROTECTION,
		    "A13.read: VTL0 does not");
	protect1(page_gpa(TARGET), 1, TLFS_PROTECT_ALL);
	check_equal(mine[3], 0x4444, "A13.write: VTL1 wrote it");
}

/* All RAM had VTL1's default rights from the start: RWX, so VTL0 runs. Its own memory has none. */
static void defaults(void)
{
	__u64 gpa, bytes, i, bad = 0;

	vtl1(PAIR_HELLO, 0, 0, 0, 0);
	gpa = last()->result[2];
	bytes = last()->result[3];
	for (i = 0; i < bytes; i += PAGE_BYTES * 16)
		bad += attempt(PAIR_TRY_READ, gpa + i, 0).fault != GENERAL_PROTECTION;
	check_equal(bad, 0, "A18.own_memory: VTL1's is closed to VTL0");
	check_equal(attempt(PAIR_TRY_WRITE, page_gpa(TARGET), 0).fault, PAIR_NO_VECTOR,
		    "A18.default: RAM that no call has named has the default rights");
}

int main(void)
{
	conformance_open();
	call_rules();
	partial();
	message(PAIR_TRY_READ, 0, TLFS_ACCESS_TYPE_READ, "read");
	message(PAIR_TRY_WRITE, TLFS_PROTECT_READ, TLFS_ACCESS_TYPE_WRITE, "write");
	retry();
	user_access();
	user_execute();
	own_tables();
	defaults();

	return conformance_end();
}
