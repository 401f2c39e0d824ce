// SPDX-License-Identifier: MIT

/*
 * Events on their way from users' code into the kernel: VTL1 has closed the stack or the IDT that
 * the delivery needs. Opened, nothing is lost and nothing comes twice; denied, events combine as on
 * a CPU.
 */

#include <signal.h>
#include <stdint.h>
#include <sys/time.h>

#include "world.h"

#define ANY_VECTOR 0xf7 /* Linux has a handler that does nothing */

struct event {
	const char *name;
	const char *bytes;
	unsigned int size;
	__u32 vector;
	__u32 self_vector;
	bool is_nmi;
	bool compatible;
	__u32 denied; /* the vector that comes when VTL1 answers #GP */
};

#define BYTES(text) .bytes = (text), .size = sizeof(text) - 1
#define STI_AND_WAIT BYTES("\xfb\x90\xeb\xfe")

static const struct event events[] = {
	{ .name = "INT3", BYTES("\xcc"), .vector = 3, .denied = 13 },
	{ .name = "INT 0x80", BYTES("\xcd\x80"), .vector = 0x80, .denied = 13 },
	{ .name = "#UD", BYTES("\x0f\x0b"), .vector = 6, .denied = 13 },
	{ .name = "#DE", BYTES("\x31\xd2\x31\xc0\xf7\xf0"), .vector = 0, .denied = 8 },
	{ .name = "#PF", BYTES("\x8b\x04\x25\x00\x10\x00\x00"), .vector = 14, .denied = 8 },
	{ .name = "an interrupt", STI_AND_WAIT, .vector = ANY_VECTOR, .self_vector = ANY_VECTOR,
	  .denied = 13 },
	{ .name = "an interrupt, compatibility mode", STI_AND_WAIT, .vector = ANY_VECTOR,
	  .self_vector = ANY_VECTOR, .compatible = true, .denied = 13 },
	{ .name = "an NMI", BYTES("\xeb\xfe"), .vector = 2, .is_nmi = true, .denied = 13 },
};

static struct pair_world world_of(const struct event *event)
{
	struct pair_world world = user_world(event->compatible);

	world.stack_page = WORLD_STACK;
	world.idt_page = WORLD_IDT;
	world.self_vector = event->self_vector;
	if (event->self_vector)
		world.rflags |= RFLAGS_IOPL3;

	return world;
}

static void run_event(const struct event *event, struct pair_world *world)
{
	pthread_t sender = 0;

	if (event->is_nmi)
		sender = start_sender();
	run_world(world);
	if (event->is_nmi)
		pthread_join(sender, NULL);
}

static bool same_exit(const struct event *event, const struct pair_world *one,
		      const struct pair_world *other)
{
	bool anywhere = event->self_vector || event->is_nmi; /* in a loop */

	return one->vector == other->vector && one->error_code == other->error_code &&
	       one->exit_cs == other->exit_cs && one->exit_rsp == other->exit_rsp &&
	       (anywhere || (one->exit_rip == other->exit_rip && one->exit_rflags == other->exit_rflags));
}

static void note_exit(const struct pair_world *world, __u64 messages)
{
	note("vector 0x%llx, error 0x%llx, CS:RIP 0x%llx:0x%llx, RFLAGS 0x%llx, %llu messages",
	     world->vector, world->error_code, world->exit_cs, world->exit_rip, world->exit_rflags,
	     messages);
}

/* `closed` has `rights` when the event comes. VTL1 opens it, or answers #GP. */
static struct pair_world interrupted(const struct event *event, unsigned int closed, __u32 rights,
				     bool opens, __u64 *messages)
{
	const struct pair_policy open = { .action = PAIR_PROTECT_PAGE,
					  .count = 4,
					  .value = TLFS_PROTECT_ALL };
	struct pair_world world = world_of(event);
	struct pair_counters counters;

	world.how = PAIR_WORLD_KEEP_IDT;
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	if (opens)
		policies1(&open, 1);
	protect1(page_gpa(closed), 1, rights);
	run_event(event, &world);
	counters = counters1();
	*messages = counters.messages;
	if (counters.failures || counters.faults)
		note("VTL1 had trouble: %llu, %llu", counters.failures, counters.faults);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	protect1(page_gpa(closed), 1, TLFS_PROTECT_ALL);

	return world;
}

static void nothing_lost(const struct event *event, const struct pair_world *usual,
			 unsigned int closed, __u32 rights, const char *what)
{
	__u64 messages;
	struct pair_world world = interrupted(event, closed, rights, true, &messages);

	if (!check(same_exit(event, usual, &world) && messages >= 1,
		   "C1.delivery: %s, %s: VTL1 opens it and the event comes", event->name, what)) {
		note_exit(usual, 0);
		note_exit(&world, messages);
	}
}

static void denied(const struct event *event)
{
	__u64 messages;
	struct pair_world world = interrupted(event, WORLD_STACK, 0, false, &messages);

	if (!check(world.vector == event->denied && messages == 1,
		   "A15.combine: %s, its stack closed, #GP from VTL1: vector %u", event->name,
		   event->denied))
		note_exit(&world, messages);
}

static void try_event(const struct event *event, __u32 rights)
{
	struct pair_world usual = world_of(event);

	if (event->is_nmi && cpu_count() == 1) {
		check_skip(event->name, "one CPU");
		return;
	}
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
	place_user(event->bytes, event->size);
	set_frames(rights, TLFS_PROTECT_ALL);
	run_event(event, &usual);
	check_equal(usual.vector, event->vector, "C1.delivery: %s, rights 0x%x: the usual way",
		    event->name, rights);
	nothing_lost(event, &usual, WORLD_STACK, 0, "the stack closed");
	nothing_lost(event, &usual, WORLD_STACK, TLFS_PROTECT_READ, "the stack read-only");
	nothing_lost(event, &usual, WORLD_IDT, 0, "the IDT closed");
	denied(event);
}

/* ---- A program in compatibility mode while interrupts and NMIs come ---- */

#define LOOP_COUNT 16 /* offsets in the page of marks */
#define LOOP_STOP 20
#define LOOP_BACK 24 /* far pointers */
#define LOOP_IN 32
#define LOOP_NMIS 20

static volatile sig_atomic_t ticks;

static void on_tick(int number)
{
	(void)number;
	ticks++;
}

/* On a stack of its own: the loop's is small. */
static void catch_ticks(void)
{
	static __u8 memory[64 << 10];
	struct sigaction action = { .sa_handler = on_tick, .sa_flags = SA_ONSTACK | SA_RESTART };

	sigaltstack(&(stack_t){ .ss_sp = memory, .ss_size = sizeof(memory) }, NULL);
	sigaction(SIGALRM, &action, NULL);
}

static void *low_page(unsigned int n)
{
	void *mapped = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_SHARED | MAP_32BIT, pair_device, (off_t)page_gpa(n));

	if (mapped == MAP_FAILED)
		bail_out("a page below 4 GiB: %s", strerror(errno));

	return mapped;
}

/* incl count; cmpl $0, stop; je; then a far jump back into 64-bit mode. No stack is used: QEMU 7.2
 * reads it with the kernel's rights at a far return. */
static void place_loop(__u8 *at, const void *marks)
{
	const __u32 base = (__u32)(uintptr_t)marks;
	struct code code = {};

	emit(&code, "\xff\x04\x25", 3);
	emit32(&code, base + LOOP_COUNT);
	emit(&code, "\x83\x3c\x25", 3);
	emit32(&code, base + LOOP_STOP);
	emit(&code, "\x00\x74\xef\xff\x2c\x25", 6); /* ...; je -17; ljmp *... */
	emit32(&code, base + LOOP_BACK);
	memcpy(at, code.bytes, code.size);
}

static void *nmis_to_cpu0(void *argument)
{
	struct pair_nmi *nmi = argument;

	pin_to_cpu(1);
	pair_must(PAIR_IOC_NMI, nmi, "NMIs");
	((volatile __u32 *)page(MARKS))[LOOP_STOP / 4] = 1;

	return NULL;
}

static void *stop_later(void *unused)
{
	(void)unused;
	usleep(300000);
	((volatile __u32 *)page(MARKS))[LOOP_STOP / 4] = 1;

	return NULL;
}

static void call_compatible(void *code, volatile __u32 *marks)
{
	/* 32-bit code has no use for the upper half of RSP. */
	__u8 *stack = (__u8 *)low_page(MARKS + 5) + PAGE_BYTES - 64;

	marks[LOOP_IN / 4] = (__u32)(uintptr_t)code;
	marks[LOOP_IN / 4 + 1] = PAIR_USER_CODE32;
	marks[LOOP_BACK / 4 + 1] = PAIR_USER_CODE;
	asm volatile("mov %%rsp, %%r12; mov %1, %%rsp\n"
		     "mov %%ds, %%r13d; mov %2, %%ds\n"
		     "lea 1f(%%rip), %%rax; mov %%eax, %c3(%0)\n"
		     "ljmp *%c4(%0)\n"
		     "1: mov %%r13d, %%ds; mov %%r12, %%rsp"
		     :
		     : "r"(marks), "r"(stack), "r"(PAIR_USER_DATA), "i"(LOOP_BACK), "i"(LOOP_IN)
		     : "rax", "r12", "r13", "memory", "cc");
}

static void compatible_program(void)
{
	struct itimerval tick = { { 0, 5000 }, { 0, 5000 } }, none = {};
	struct pair_nmi nmi = { .cpu = 0, .count = LOOP_NMIS };
	volatile __u32 *marks = low_page(MARKS);
	__u8 *code = low_page(USER_CODE);
	pthread_t helper;

	memset(page(MARKS), 0, 64);
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
	place_loop(page(USER_CODE), (const void *)marks);
	set_frames(USER_ONLY, TLFS_PROTECT_ALL);
	catch_ticks();
	pin_to_cpu(0);
	pthread_create(&helper, NULL, cpu_count() > 1 ? nmis_to_cpu0 : stop_later, &nmi);
	setitimer(ITIMER_REAL, &tick, NULL);
	call_compatible(code, marks);
	setitimer(ITIMER_REAL, &none, NULL);
	pthread_join(helper, NULL);
	check(marks[LOOP_COUNT / 4] > 0, "C1.compatible: a 32-bit loop in a page of users' runs and ends");
	note("%u rounds, %d signals", marks[LOOP_COUNT / 4], (int)ticks);
	if (cpu_count() > 1)
		check(nmi.handled == LOOP_NMIS && nmi.unasked == 0,
		      "C1.compatible: %d NMIs were sent to it, as many came", LOOP_NMIS);
	else
		check_skip("C1.compatible", "one CPU: nobody can send NMIs to it");
	set_frames(TLFS_PROTECT_ALL, TLFS_PROTECT_ALL);
}

int main(void)
{
	size_t i;

	conformance_open();
	if (!offers_mbec())
		skip_all("MBEC is not offered");
	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		try_event(&events[i], TLFS_PROTECT_ALL);
		try_event(&events[i], USER_ONLY);
	}
	compatible_program();

	return conformance_end();
}
