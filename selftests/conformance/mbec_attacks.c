// SPDX-License-Identifier: MIT

/*
 * CPL 0 never runs code that only users may, whatever VTL0's tables hold (mbec.rst). Each way into
 * CPL 0 leads to a page of the attacker's, three times: all pages open, to see that the way is one;
 * that page for users only; and the page that takes the way too.
 */

#include "world.h"

#define ATTACK_VA (PAIR_KERNEL_VA + ATTACK_CODE * (__u32)PAGE_BYTES)
#define POINTER 0x40 /* a far pointer in the page of marks */
#define ANY_VECTOR 0xf7 /* Linux has a handler that does nothing */

struct way {
	const char *name;
	const char *bytes;
	unsigned int size;
	bool compatible;
	__u32 gate;   /* the vector whose gate leads to the attacker */
	__u16 selector; /* of a far call */
	bool own_idt; /* the IDT is in a page of the attacker's */
	__u32 rflags;
	bool from_users_only; /* an open run would end the machine */
};

#define BYTES(text) .bytes = (text), .size = sizeof(text) - 1
#define FAR_CALL "\xff\x1c\x25\x40\x70\x00\x40" /* through PAIR_USER_VA + MARKS pages + POINTER */

static const struct way ways[] = {
	{ .name = "SYSCALL", BYTES("\x0f\x05") },
	{ .name = "SYSCALL, compatibility mode", BYTES("\x0f\x05"), .compatible = true },
	{ .name = "SYSENTER", BYTES("\x0f\x34") },
	/* QEMU carries it out, with a CS that is both 32-bit and 64-bit, which VMRUN then refuses. */
	{ .name = "SYSENTER, compatibility mode", BYTES("\x0f\x34"), .compatible = true, .from_users_only = true },
	{ .name = "INT3", BYTES("\xcc"), .gate = 3 },
	{ .name = "INT3, compatibility mode", BYTES("\xcc"), .compatible = true, .gate = 3 },
	{ .name = "INT 3", BYTES("\xcd\x03"), .gate = 3 },
	{ .name = "INT 0x80", BYTES("\xcd\x80"), .gate = 0x80 },
	{ .name = "INT 0x80, compatibility mode", BYTES("\xcd\x80"), .compatible = true, .gate = 0x80 },
	{ .name = "INT 0x80, with prefixes", BYTES("\x66\x2e\xcd\x80"), .gate = 0x80 },
	{ .name = "INTO, compatibility mode", BYTES("\xce"), .compatible = true, .gate = 4, .rflags = RFLAGS_OF },
	{ .name = "INT1", BYTES("\xf1"), .gate = 1 },
	{ .name = "a single step", BYTES("\x90\x90"), .gate = 1, .rflags = RFLAGS_TF },
	{ .name = "#UD", BYTES("\x0f\x0b"), .gate = 6 },
	{ .name = "#PF", BYTES("\x8b\x04\x25\x00\x10\x00\x00"), .gate = 14 },
	{ .name = "#UD, the IDT a page of users'", BYTES("\x0f\x0b"), .gate = 6, .own_idt = true },
	{ .name = "INT3, the IDT a page of users'", BYTES("\xcc"), .gate = 3, .own_idt = true },
	{ .name = "INT 0x80, the IDT a page of users'", BYTES("\xcd\x80"), .gate = 0x80, .own_idt = true },
	{ .name = "a call gate in the GDT", BYTES(FAR_CALL), .selector = PAIR_WORLD_GATE },
	{ .name = "a call gate in the LDT", BYTES(FAR_CALL), .selector = PAIR_WORLD_LDT_GATE },
	{ .name = "a call gate, compatibility mode", BYTES(FAR_CALL), .compatible = true, .selector = PAIR_WORLD_GATE },
};

static bool is_fault_of_user(const struct pair_world *world)
{
	return world->vector < 32 && (world->exit_cs & 3) == 3;
}

/* VTL1 was asked about an execution at CPL 0 of the attacker's page, and refused. */
static bool is_refused(const struct pair_world *world, __u64 messages)
{
	struct pair_record record = record1(0);

	return world->vector == GENERAL_PROTECTION && world->exit_rip == ATTACK_VA &&
	       (world->exit_cs & 3) == 0 && messages == 1 &&
	       as_memory(&record)->gpa == page_gpa(ATTACK_CODE) &&
	       as_memory(&record)->header.rip == ATTACK_VA &&
	       as_memory(&record)->header.access_type == TLFS_ACCESS_TYPE_EXECUTE &&
	       (as_memory(&record)->header.execution_state & TLFS_EXECUTION_CPL) == 0;
}

static void report(const struct pair_world *world)
{
	note("vector 0x%llx, error 0x%llx, RIP 0x%llx, CS 0x%llx; marks 0x%x, 0x%x", world->vector,
	     world->error_code, world->exit_rip, world->exit_cs, *mark(0), *mark(1));
}

static __u64 run_counted(struct pair_world *world)
{
	__u64 before = counters1().messages;

	run_world(world);

	return counters1().messages - before;
}

static struct pair_world prepare_way(const struct way *way)
{
	struct pair_world world = user_world(way->compatible);

	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
	protect1(page_gpa(WORLD_IDT), 1, TLFS_PROTECT_ALL);
	place_user(way->bytes, way->size);
	place_attack();
	memcpy(page(MARKS) + POINTER, &(__u32){ 0 }, 4);
	memcpy(page(MARKS) + POINTER + 4, &way->selector, 2);
	world.rflags |= way->rflags;
	world.target = ATTACK_VA;
	world.gate_vector = way->gate;
	world.idt_page = way->own_idt ? WORLD_IDT : 0;

	return world;
}

static void try_open(const struct way *way)
{
	struct pair_world world = prepare_way(way);
	__u64 messages;
	bool is_way;

	run_world(&world);
	is_way = *mark(1) == PAIR_KERNEL_CODE;
	check(is_way ? world.vector == END_KERNEL : is_fault_of_user(&world),
	      "C1.%s: all open, it %s", way->name, is_way ? "leads to CPL 0" : "is a fault");
	if (way->own_idt)
		protect1(page_gpa(WORLD_IDT), 1, USER_ONLY);

	set_frames(TLFS_PROTECT_ALL, USER_ONLY);
	messages = run_counted(&world);
	check(*mark(1) == 0 && (is_way ? is_refused(&world, messages) : is_fault_of_user(&world)),
	      "C1.%s: from a page of both, CPL 0 does not run the attacker's", way->name);
	if (*mark(1) || (is_way && !is_refused(&world, messages)))
		report(&world);
}

static void try_way(const struct way *way)
{
	const __u32 mode = way->compatible ? PAIR_USER_CODE32 : PAIR_USER_CODE;
	struct pair_world world;
	__u64 messages;

	if (!way->from_users_only)
		try_open(way);
	world = prepare_way(way);
	if (way->own_idt)
		protect1(page_gpa(WORLD_IDT), 1, USER_ONLY);
	set_frames(USER_ONLY, USER_ONLY);
	messages = run_counted(&world);
	/* The single step is taken before the mark is set. */
	check(*mark(1) == 0 && (*mark(0) == mode || way->rflags & RFLAGS_TF) &&
		      (is_refused(&world, messages) || is_fault_of_user(&world)),
	      "C1.%s: nor from a page of users'", way->name);
	report(&world);
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
	protect1(page_gpa(WORLD_IDT), 1, TLFS_PROTECT_ALL);
}

/* The user's code turns interrupts on (IOPL 3), one waits, its gate leads to the attacker. */
static void try_interrupt(bool compatible)
{
	const char *name = compatible ? "an interrupt, compatibility mode" : "an interrupt";
	const struct way way = { .name = name,
				 BYTES("\xfb\x90\xeb\xfe"), /* STI */
				 .compatible = compatible,
				 .gate = ANY_VECTOR,
				 .rflags = RFLAGS_IOPL3 };
	struct pair_world world = prepare_way(&way);
	__u64 messages;

	world.self_vector = ANY_VECTOR;
	run_world(&world);
	check_equal(*mark(1), PAIR_KERNEL_CODE, "C1.%s: all open, it leads to CPL 0", name);
	set_frames(USER_ONLY, USER_ONLY);
	messages = run_counted(&world);
	check(*mark(1) == 0 && *mark(0) && is_refused(&world, messages),
	      "C1.%s: CPL 0 does not run the attacker's page", name);
	report(&world);
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
}

static void try_nmi(bool compatible)
{
	const char *name = compatible ? "an NMI, compatibility mode" : "an NMI";
	const struct way way = { .name = name, BYTES("\xeb\xfe"), .compatible = compatible, .gate = 2 };
	struct pair_world world = prepare_way(&way);
	pthread_t sender;
	__u64 messages;

	if (cpu_count() == 1) {
		check_skip(name, "one CPU");
		return;
	}
	set_frames(USER_ONLY, USER_ONLY);
	sender = start_sender();
	messages = run_counted(&world);
	pthread_join(sender, NULL);
	check(*mark(1) == 0 && is_refused(&world, messages),
	      "C1.%s: CPL 0 does not run the attacker's page", name);
	report(&world);
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
}

int main(void)
{
	size_t i;

	conformance_open();
	if (!offers_mbec())
		skip_all("MBEC is not offered");
	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		try_way(&ways[i]);
	try_interrupt(false);
	try_interrupt(true);
	try_nmi(false);
	try_nmi(true);

	return conformance_end();
}
