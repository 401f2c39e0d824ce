// SPDX-License-Identifier: MIT

/* How VTL1 hears of an intercept, and how it answers. */

#include "conformance.h"

#define TARGET 8

static struct pair_try closed_read(void)
{
	struct pair_try one;

	protect1(page_gpa(TARGET), 1, 0);
	one = attempt(PAIR_TRY_READ, page_gpa(TARGET), 0);

	return one;
}

static void open_target(void)
{
	protect1(page_gpa(TARGET), 1, TLFS_PROTECT_ALL);
}

/* The message stays in its slot: the next intercept finds it there, sets MessagePending. */
static void slot_protocol(void)
{
	const struct pair_policy list[] = {
		{ .action = PAIR_LEAVE_MESSAGE, .count = 1 },
		{ .action = PAIR_RETRY, .count = 1 },
		{ .action = PAIR_PROTECT_PAGE, .count = 1, .value = TLFS_PROTECT_ALL },
	};
	struct pair_counters counters;
	__u64 *mine = page(TARGET);
	struct pair_try one;

	mine[0] = 0x6789;
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	protect1(page_gpa(TARGET), 1, 0);
	policies1(list, 3);
	one = attempt(PAIR_TRY_READ, page_gpa(TARGET), 0);
	counters = counters1();
	check(one.fault == PAIR_NO_VECTOR && one.value == 0x6789,
	      "A20.slot_full: VTL0 runs into the same fault again, nothing is lost");
	check_equal(counters.messages, 3, "A20.slot_full: three entries with a message");
	check_equal(counters.eoms, 1, "A20.slot_full: MessagePending was set once");
	check_equal(counters.entries[2], 3, "A20.slot_full: no entry without");
	check_equal(counters.policies_left, 0, "A20.slot_full: each had its answer");
}

/* With SynIC off nobody can be told: VTL0 gets the fault. */
static void not_listening(void)
{
	static const struct {
		const char *name;
		__u32 msr;
		__u64 off;
	} all[] = {
		{ "SCONTROL off", TLFS_MSR_SCONTROL, 0 },
		{ "SINT0 masked", TLFS_MSR_SINT0, TLFS_SINT_MASKED },
		{ "SIMP disabled", TLFS_MSR_SIMP, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		__u64 old, now;
		struct pair_counters counters;
		struct pair_try one;

		read_msr1(all[i].msr, &old);
		check_equal(write_msr1(all[i].msr, all[i].off), PAIR_NO_VECTOR, "A20.off: %s", all[i].name);
		vtl1(PAIR_CLEAR, 0, 0, 0, 0);
		one = closed_read();
		counters = counters1();
		check(one.fault == GENERAL_PROTECTION && counters.messages == 0,
		      "A20.off: no message, #GP (%s)", all[i].name);
		write_msr1(all[i].msr, old);
		read_msr1(all[i].msr, &now);
		check_equal(now, old, "A20.off: on again");
		open_target();
	}
}

static void synic_registers(void)
{
	struct pair_msr list[] = {
		{ .number = TLFS_MSR_SINT0 + 5 },
		{ .number = TLFS_MSR_SINT0 + 5, .is_write = 1, .value = 15 },
		{ .number = TLFS_MSR_SINT0 + 5, .is_write = 1, .value = 16 | TLFS_SINT_AUTO_EOI },
		{ .number = TLFS_MSR_SINT0 + 5 },
		{ .number = TLFS_MSR_SINT0 + 5, .is_write = 1, .value = TLFS_SINT_MASKED },
		{ .number = TLFS_MSR_SVERSION },
		{ .number = TLFS_MSR_SVERSION, .is_write = 1, .value = 2 },
		{ .number = TLFS_MSR_EOM, .is_write = 1 },
	};

	msrs1(list, 8);
	check_equal(list[1].fault, GENERAL_PROTECTION, "A20.sint: a vector below 16 is #GP");
	check(list[2].fault == PAIR_NO_FAULT && list[3].value == (16 | TLFS_SINT_AUTO_EOI),
	      "A20.sint: 16 is good, and reads back");
	check_equal(list[5].value, 1, "A20.sversion: 1");
	check_equal(list[6].fault, GENERAL_PROTECTION, "A20.sversion: read-only");
	check_equal(list[7].fault, PAIR_NO_FAULT, "A20.eom: may be written at any time");
}

/* Exceptions that VTL1 lets VTL0 have instead of its access */
static void events(void)
{
	static const struct {
		const char *name;
		__u32 vector;
		bool has_code;
		__u64 code, parameter;
	} all[] = {
		{ "#GP", GENERAL_PROTECTION, true, 0, 0 },
		{ "#UD", INVALID_OPCODE, false, 0, 0 },
		/* An address that no mapping of the kernel's has */
		{ "#PF", PAGE_FAULT, true, 0, 0xffffc8ffdead0000 },
		{ "#NP", 11, true, 0x18, 0 },
		{ "#DE", DIVIDE_ERROR, false, 0, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct pair_policy deny = {
			.action = PAIR_DENY,
			.count = 1,
			.value = TLFS_EVENT_PENDING |
				 (all[i].has_code ? TLFS_EVENT_DELIVER_ERROR_CODE : 0) |
				 (__u64)all[i].vector << TLFS_EVENT_VECTOR_SHIFT |
				 all[i].code << TLFS_EVENT_ERROR_CODE_SHIFT,
			.value_high = all[i].parameter,
		};
		struct pair_try one;

		vtl1(PAIR_CLEAR, 0, 0, 0, 0);
		policies1(&deny, 1);
		one = closed_read();
		check_equal(one.fault, all[i].vector, "A15.deliver: %s", all[i].name);
		check_equal(counters1().failures, 0, "A15.deliver: VTL1's call succeeded");
		if (all[i].vector == PAGE_FAULT)
			check_equal(one.cr2, all[i].parameter, "A15.deliver: CR2 of #PF");
	}
	open_target();
}

static void bad_events(void)
{
	static const struct {
		const char *name;
		__u64 low;
	} all[] = {
		{ "not pending", 13ull << 16 | 1 << 8 },
		{ "vector 32", 1 | 32ull << 16 },
		{ "#GP without an error code", 1 | 13ull << 16 },
		{ "#UD with one", 1 | 1 << 8 | 6ull << 16 },
		{ "NMI as an exception", 1 | 2ull << 16 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		int status = set_register1(0, TLFS_REG_PENDING_EVENT0, all[i].low, 0);

		check(status != 0, "A15.bad: %s", all[i].name);
	}
	check(set_register1(1, TLFS_REG_PENDING_EVENT0, 1 | 1 << 8 | 13ull << 16, 0) != 0,
	      "A15.own: not for VTL1 itself");
}

/* VTL1 returns with the interrupt not taken: it is entered again at once, until it takes it. */
static void still_pending(void)
{
	const struct pair_policy list[] = {
		{ .action = PAIR_LEAVE_INTERRUPT, .count = 5 },
		{ .action = PAIR_PROTECT_PAGE, .count = 1, .value = TLFS_PROTECT_ALL },
	};
	struct pair_counters counters;
	__u64 *mine = page(TARGET);
	struct pair_try one;

	mine[0] = 0x9876;
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	protect1(page_gpa(TARGET), 1, 0);
	policies1(list, 2);
	one = attempt(PAIR_TRY_READ, page_gpa(TARGET), 0);
	counters = counters1();
	check(one.fault == PAIR_NO_VECTOR && one.value == 0x9876,
	      "A24.pending: VTL0 goes on when VTL1 has taken it");
	check_equal(counters.entries[2], 6, "A24.pending: five returns with it pending, five new entries");
	check_equal(counters.vectors[0xf3], 1, "A24.pending: the interrupt is taken once");
	check_equal(counters.messages, 1, "A24.pending: there was one message all the time");
}

static void interrupts_off(void)
{
	struct pair_counters counters;

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	check_equal(closed_read().fault, GENERAL_PROTECTION, "A24.preempts: VTL0 with IF = 0 is preempted");
	counters = counters1();
	check(counters.entries[2] == 1 && counters.vectors[0xf3] == 1 && counters.spurious == 0,
	      "A24.preempts: one entry, one interrupt, though VTL1 had IF = 0");
	open_target();
}

/* RAX and RCX of VTL0 at the entry, through the assist page and back */
static void rax_rcx(void)
{
	struct pair_record record;
	struct pair_policy open = { .action = PAIR_PROTECT_PAGE, .count = 1, .value = TLFS_PROTECT_ALL };
	__u64 rax = 0x1111222233334444, rcx = 0x5555666677778888;

	protect1(page_gpa(TARGET), 1, 0);
	policies1(&open, 1);
	asm volatile("mov (%2), %%rdx" : "+a"(rax), "+c"(rcx) : "r"(page(TARGET)) : "rdx", "memory");
	record = record1(0);
	check(record.rax == 0x1111222233334444 && record.rcx == 0x5555666677778888,
	      "A11.interrupt: VTL1 finds VTL0's RAX and RCX");
	check(rax == 0x1111222233334444 && rcx == 0x5555666677778888,
	      "A11.interrupt: VTL0 has them after the return");
}

/* Only VTL1's APIC decides: with a high task priority the interrupt waits, and VTL0 goes on trying. */
static void own_apic(void)
{
	struct pair_counters before, after;
	__u64 value0, value1;

	before = counters1();
	closed_read();
	after = counters1();
	check(after.vectors[0xf3] - before.vectors[0xf3] == 1, "A25.sint0: is VTL1's own interrupt");
	check_equal(attempt(PAIR_TRY_READ, page_gpa(TARGET), 0).fault, GENERAL_PROTECTION,
		    "A25.auto_eoi: the next one comes without an EOI");
	open_target();
	read_msr(TLFS_MSR_SINT0, &value0);
	read_msr1(TLFS_MSR_SINT0, &value1);
	check(value0 != value1, "A25.synic: one for each VTL");
	read_msr1(TLFS_MSR_TPR, &value1);
	check_equal(write_msr1(TLFS_MSR_TPR, 0x30), PAIR_NO_VECTOR, "A25.tpr: VTL1 sets its task priority");
	read_msr(TLFS_MSR_TPR, &value0);
	read_msr1(TLFS_MSR_TPR, &value1);
	check(value1 == 0x30 && value0 != 0x30, "A25.tpr: VTL0's is another");
	check_equal(closed_read().fault, GENERAL_PROTECTION, "A25.tpr: 0x30 lets vector 0xf3 through");
	write_msr1(TLFS_MSR_TPR, 0);
	open_target();
}

static void on_every_cpu(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < cpu_count() && cpu < PAIR_CPU_MAX; cpu++) {
		struct pair_record record;

		pin_to_cpu(cpu);
		vtl1(PAIR_CLEAR, 0, 0, 0, 0);
		check_equal(closed_read().fault, GENERAL_PROTECTION, "A20.cpu: denied on CPU %u", cpu);
		record = record1(0);
		check_equal(as_memory(&record)->header.vp_index, vp_index0(),
			    "A20.cpu: told to the same VP's VTL1");
		open_target();
	}
	pin_to_cpu(0);
}

int main(void)
{
	conformance_open();
	slot_protocol();
	not_listening();
	synic_registers();
	events();
	bad_events();
	still_pending();
	interrupts_off();
	rax_rcx();
	own_apic();
	on_every_cpu();

	return conformance_end();
}
