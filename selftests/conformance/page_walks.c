// SPDX-License-Identifier: MIT

/*
 * Accesses that VTL0 makes without an instruction naming them: walks of its page tables, accessed
 * and dirty bits, the second page of an access, string instructions.
 */

#include "world.h"

#define TABLE 16 /* the last page table of a run */
#define DATA 12	 /* two pages, next to each other */

static const struct pair_policy open_again = { .action = PAIR_PROTECT_PAGE,
					       .count = 8,
					       .value = TLFS_PROTECT_ALL };

static __u64 messages(void)
{
	return counters1().messages;
}

static struct pair_world walking(const char *bytes, unsigned int count)
{
	struct pair_world world = user_world(false);

	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
	place_user(bytes, count);
	world.table_page = TABLE;

	return world;
}

/* mov DATA, %eax: disp32 is PAIR_USER_VA + DATA pages */
static const char read_data[] = "\x8b\x04\x25\x00\xc0\x00\x40";

static void closed_table(__u32 rights, const char *what)
{
	struct pair_world world = walking(read_data, sizeof(read_data) - 1);
	struct pair_record record;

	run_world(&world);
	check_equal(world.vector, END_USER, "A19.walk: page tables in a page of the test's");
	world.how = PAIR_WORLD_KEEP_TABLE;
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	policies1(&open_again, 1);
	protect1(page_gpa(TABLE), 1, rights);
	run_world(&world);
	record = record1(0);
	check(world.vector == END_USER && *mark(0) == PAIR_USER_CODE,
	      "A19.walk: the page table %s, opened by VTL1: VTL0 goes on", what);
	check(record.number >= 1 &&
		      (as_memory(&record)->gpa & ~0xfffull) == page_gpa(TABLE) &&
		      as_memory(&record)->header.access_type != TLFS_ACCESS_TYPE_EXECUTE,
	      "A19.walk: VTL1 was told the page table's GPA (%s)", what);
	protect1(page_gpa(TABLE), 1, TLFS_PROTECT_ALL);

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	protect1(page_gpa(TABLE), 1, 0);
	run_world(&world);
	check(world.vector == GENERAL_PROTECTION && *mark(0) == 0 && messages() == 1,
	      "A19.walk: denied, VTL0 has #GP and nothing ran");
	protect1(page_gpa(TABLE), 1, TLFS_PROTECT_ALL);
}

/* With accessed bits clear the walk has to write. */
static void accessed_bits(void)
{
	struct pair_world world = walking(read_data, sizeof(read_data) - 1);
	__u64 *table = page(TABLE);

	run_world(&world);
	table[DATA] &= ~(1ull << 5 | 1ull << 6);
	world.how = PAIR_WORLD_KEEP_TABLE;
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	policies1(&open_again, 1);
	protect1(page_gpa(TABLE), 1, TLFS_PROTECT_READ);
	run_world(&world);
	check(world.vector == END_USER && messages() >= 1,
	      "A19.accessed: a read-only page table: VTL1 is asked about the accessed bit");
	check(table[DATA] & 1ull << 5, "A19.accessed: which is set in the end");
	protect1(page_gpa(TABLE), 1, TLFS_PROTECT_ALL);
}

/* mov $n, %ecx; mov $source, %esi; mov $target, %edi; rep movsb */
static void string_run(__u32 first, __u32 rights, const char *what)
{
	static const char copy[] = "\xb9\x00\x10\x00\x00\xbe\x00\xd0\x00\x40\xbf\x00\xc8\x00\x40\xf3\xa4";
	struct pair_world world = walking(copy, sizeof(copy) - 1);
	__u8 *target = page(DATA);
	unsigned int i, wrong = 0;
	struct pair_record record;

	world.table_page = 0;
	/* 4 KiB from the middle of page DATA on; the source is the page after it */
	for (i = 0; i < PAGE_BYTES; i++)
		((__u8 *)page(DATA + 1))[i] = (__u8)(i * 7 + 3);
	memset(page(DATA), 0xee, PAGE_BYTES);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	policies1(&open_again, 1);
	protect1(page_gpa(first), 1, rights);
	run_world(&world);
	record = record1(0);
	for (i = 0; i < 0x800; i++)
		wrong += target[0x800 + i] != (__u8)(i * 7 + 3);
	check(world.vector == END_USER && wrong == 0, "A19.string: REP MOVSB, %s: all bytes", what);
	check(messages() == 1 && (as_memory(&record)->gpa & ~0xfffull) == page_gpa(first),
	      "A19.string: VTL1 was asked once, about that page (%s)", what);
	protect1(page_gpa(first), 1, TLFS_PROTECT_ALL);
}

/* 8 bytes of which 4 lie in each page */
static void across(bool is_write, unsigned int closed, __u32 rights)
{
	static const char write[] = "\x48\xc7\x04\x25\xfc\xcf\x00\x40\x44\x33\x22\x11";
	static const char read[] = "\x48\x8b\x04\x25\xfc\xcf\x00\x40";
	struct pair_world world = is_write ? walking(write, sizeof(write) - 1) :
					     walking(read, sizeof(read) - 1);
	__u64 value = 0;

	world.table_page = 0;
	memset((__u8 *)page(DATA) + PAGE_BYTES - 8, 0, 16);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	protect1(page_gpa(closed), 1, rights);
	run_world(&world);
	protect1(page_gpa(closed), 1, TLFS_PROTECT_ALL);
	memcpy(&value, (__u8 *)page(DATA) + PAGE_BYTES - 4, 8);
	check(world.vector == GENERAL_PROTECTION && value == 0,
	      "A19.across: %s, page %u closed: denied, nothing is written", is_write ? "a write" : "a read",
	      closed - DATA);
	policies1(&open_again, 1);
	protect1(page_gpa(closed), 1, rights);
	run_world(&world);
	memcpy(&value, (__u8 *)page(DATA) + PAGE_BYTES - 4, 8);
	check(world.vector == END_USER && (!is_write || value == 0x11223344),
	      "A19.across: opened, it is done");
	protect1(page_gpa(closed), 1, TLFS_PROTECT_ALL);
}

/* The hypervisor writes VTL0's assist page into RAM that VTL0 may not write: it must not get there. */
static void overlay_below(void)
{
	__u64 old, now;
	int fault;

	read_msr(TLFS_MSR_VP_ASSIST_PAGE, &old);
	protect1(page_gpa(DATA), 1, TLFS_PROTECT_READ);
	fault = write_msr(TLFS_MSR_VP_ASSIST_PAGE, page_gpa(DATA) | 1);
	read_msr(TLFS_MSR_VP_ASSIST_PAGE, &now);
	if (fault == PAIR_NO_VECTOR) {
		attempt(PAIR_TRY_WRITE, page_gpa(DATA), 0x1111);
		write_msr(TLFS_MSR_VP_ASSIST_PAGE, old);
		check(*(__u64 *)page(DATA) != 0x1111, "A19.overlay: the RAM below is not written");
	} else {
		check(fault == GENERAL_PROTECTION && now == old,
		      "A19.overlay: none over a page that VTL0 may not write: #GP");
	}
	protect1(page_gpa(DATA), 1, TLFS_PROTECT_ALL);
}

int main(void)
{
	unsigned int second;

	conformance_open();
	closed_table(0, "closed");
	closed_table(TLFS_PROTECT_READ, "read-only");
	accessed_bits();
	string_run(DATA, 0, "the target closed");
	string_run(DATA, TLFS_PROTECT_READ, "the target read-only");
	string_run(DATA + 1, 0, "the source closed");
	for (second = 0; second < 2; second++) {
		across(true, DATA + second, 0);
		across(true, DATA + second, TLFS_PROTECT_READ);
		across(false, DATA + second, 0);
	}
	overlay_below();

	return conformance_end();
}
