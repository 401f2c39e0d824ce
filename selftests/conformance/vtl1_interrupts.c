// SPDX-License-Identifier: MIT

/* VTL1's own APIC, its interrupts between VPs, its SINTs and its timers. */

#include "world.h"

#define X2APIC_ID 0x802u
#define X2APIC_TPR 0x808u
#define X2APIC_PPR 0x80au
#define X2APIC_EOI 0x80bu
#define X2APIC_SVR 0x80fu
#define X2APIC_ISR 0x810u
#define X2APIC_IRR 0x820u
#define X2APIC_ESR 0x828u
#define X2APIC_ICR 0x830u
#define X2APIC_SELF 0x83fu

#define HV_EOI 0x40000070u
#define HV_ICR 0x40000071u
#define TIME_REF_COUNT 0x40000020u
#define STIMER_CONFIG(n) (0x400000b0u + 2 * (n))
#define STIMER_COUNT(n) (0x400000b1u + 2 * (n))

#define TIMER_ENABLE 1u
#define TIMER_PERIODIC 2u
#define TIMER_AUTO_ENABLE 8u
#define TIMER_DIRECT (1u << 12)
#define TIMER_SINT(n) ((__u64)(n) << 16)
#define TIMER_EXPIRED 0x80000010u

#define LOW 0x50u
#define SAME_CLASS 0x51u
#define HIGH 0x60u
#define TIMER_VECTOR 0x70u

#define MILLISECOND 10000ull /* in 100 ns */

static __u64 write_all(struct pair_msr *list, unsigned int count)
{
	__u64 bad = 0;
	unsigned int i;

	msrs1(list, count);
	for (i = 0; i < count; i++)
		bad += list[i].fault != PAIR_NO_FAULT;

	return bad;
}

static void eoi(__u32 vector, __u32 msr)
{
	vtl1(PAIR_EOI, vector, msr, 0, 0);
}

static __u64 taken(__u32 vector)
{
	return counters1().vectors[vector];
}

static __u32 apic_id(void)
{
	__u32 eax, ebx, ecx, edx;

	__cpuid(1, eax, ebx, ecx, edx);

	return ebx >> 24;
}

static void registers(void)
{
	static const __u32 read_only[] = { X2APIC_ID, 0x803, X2APIC_PPR, X2APIC_ISR, X2APIC_IRR };
	struct pair_msr list[] = { { .number = X2APIC_TPR, .is_write = 1, .value = 0x20 },
				   { .number = X2APIC_TPR },
				   { .number = X2APIC_PPR },
				   { .number = TLFS_MSR_TPR },
				   { .number = X2APIC_TPR, .is_write = 1, .value = 0 } };
	unsigned int i, bad = 0;
	__u64 value;

	read_msr1(X2APIC_ID, &value);
	check_equal(value, apic_id(), "B1.id: as VTL0's");
	read_msr1(X2APIC_SVR, &value);
	check_equal(value, 0x1ff, "B1.svr: software-enabled");
	check_equal(write_all(list, 5), 0, "B1.tpr: can be written");
	check(list[1].value == 0x20 && list[2].value == 0x20 && list[3].value == 0x20,
	      "B1.tpr: reads back, PPR follows, TLFS's MSR is the same");
	check_equal(write_msr1(X2APIC_TPR, 0x100), GENERAL_PROTECTION, "B1.tpr: reserved bits are #GP");
	for (i = 0; i < sizeof(read_only) / sizeof(*read_only); i++)
		bad += write_msr1(read_only[i], 0) != GENERAL_PROTECTION;
	check_equal(bad, 0, "B1.read_only: ID, version, PPR, ISR, IRR");
	check(write_msr1(X2APIC_ESR, 0) == PAIR_NO_VECTOR && write_msr1(X2APIC_ESR, 1) != PAIR_NO_VECTOR,
	      "B1.esr: takes 0 only");
	check(read_msr1(0x801, &value) == GENERAL_PROTECTION && read_msr1(0x804, &value) == GENERAL_PROTECTION,
	      "B1.unlisted: #GP");
}

static void self_ipi(__u32 msr, __u64 value, __u32 vector, const char *name)
{
	struct pair_msr list[] = { { .number = msr, .is_write = 1, .value = value },
				   { .number = X2APIC_IRR + LOW / 32 } };

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	check_equal(write_all(list, 2), 0, "B1.self: by %s", name);
	check(list[1].value >> vector % 32 & 1, "B1.self: waits in IRR, VTL1 has IF = 0 (%s)", name);
	check_equal(taken(vector), 1, "B1.self: taken once, in a new entry (%s)", name);
	check(counters1().entries[2] == 1, "B1.self: with reason 2 (%s)", name);
}

static void priorities(void)
{
	struct pair_msr masked[] = { { .number = X2APIC_TPR, .is_write = 1, .value = 0x60 },
				     { .number = X2APIC_SELF, .is_write = 1, .value = LOW } };
	struct pair_msr isr = { .number = X2APIC_ISR + LOW / 32 };

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	check_equal(write_all(masked, 2), 0, "B1.priority: TPR 0x60, vector 0x50");
	check(taken(LOW) == 0 && counters1().entries[2] == 0, "B1.priority: VTL0 goes on, it waits");
	write_msr1(X2APIC_TPR, 0);
	check_equal(taken(LOW), 1, "B1.priority: it comes when TPR lets it");

	eoi(LOW, 0);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	write_msr1(X2APIC_SELF, LOW);
	check_equal(taken(LOW), 1, "B1.eoi: a vector without an EOI");
	msrs1(&isr, 1);
	check(isr.value >> LOW % 32 & 1, "B1.eoi: is in service");
	write_msr1(X2APIC_SELF, SAME_CLASS);
	check_equal(taken(SAME_CLASS), 0, "B1.eoi: another of its class waits");
	write_msr1(X2APIC_SELF, HIGH);
	check_equal(taken(HIGH), 1, "B1.eoi: a higher one does not");
	write_msr1(X2APIC_EOI, 0);
	check_equal(taken(SAME_CLASS), 1, "B1.eoi: after the EOI it comes");
	write_msr1(HV_EOI, 0);
	eoi(LOW, X2APIC_EOI);
	msrs1(&isr, 1);
	check_equal(isr.value, 0, "B1.eoi: TLFS's EOI is the same");
}

static void local(void)
{
	eoi(LOW, X2APIC_EOI);
	eoi(HIGH, X2APIC_EOI);
	eoi(SAME_CLASS, 0);
	self_ipi(X2APIC_SELF, LOW, LOW, "SELF IPI");
	self_ipi(X2APIC_ICR, 0x40000 | LOW, LOW, "ICR");
	self_ipi(HV_ICR, 0x40000 | LOW, LOW, "TLFS's ICR");
	priorities();
}

/* ---- VTL0 of CPU 1 runs without end and with interrupts off until the first mark is 2 ---- */

static volatile bool spins;

static void *spin_with_interrupts_off(void *unused)
{
	struct pair_world world = user_world(false);

	(void)unused;
	pin_to_cpu(1);
	spins = true;
	pair_must(PAIR_IOC_WORLD, &world, "a world");
	spins = false;

	return NULL;
}

static pthread_t start_spinner(void)
{
	/* cmpl $2, mark; jne */
	static const char loop[] = "\x83\x3c\x25\x00\x70\x00\x40\x02\x75\xf6";
	pthread_t thread;

	place_user(loop, sizeof(loop) - 1);
	*mark(0) = 0;
	pthread_create(&thread, NULL, spin_with_interrupts_off, NULL);
	while (!*mark(0))
		sched_yield();

	return thread;
}

static void end_spinner(pthread_t thread)
{
	*mark(0) = 2;
	pthread_join(thread, NULL);
}

static bool comes(__u32 vp, __u32 vector, __u64 count)
{
	unsigned int i;

	for (i = 0; i < 2000 && counters_of(vp).vectors[vector] < count; i++)
		usleep(1000);

	return counters_of(vp).vectors[vector] == count;
}

static __u32 other_vp, other_apic;

static void look_at_cpu1(void)
{
	pin_to_cpu(1);
	other_vp = vp_index0();
	other_apic = apic_id();
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	eoi(LOW, X2APIC_EOI);
	eoi(TIMER_VECTOR, X2APIC_EOI);
	pin_to_cpu(0);
}

static void between_vps(void)
{
	pthread_t thread = start_spinner();

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	write_msr1(X2APIC_ICR, (__u64)other_apic << 32 | LOW);
	check(comes(other_vp, LOW, 1) && spins, "B2.ipi: VTL1 of a VP whose VTL0 spins with IF = 0");
	write_msr1(X2APIC_ICR, 0xc0000 | LOW);
	check(comes(other_vp, LOW, 2) && spins, "B2.ipi: to all but itself");
	check_equal(counters_of(vp_index0()).vectors[LOW], 0, "B2.ipi: not to the sender");
	write_msr1(X2APIC_ICR, (__u64)other_apic << 32 | 0x400);
	check(comes(other_vp, 2, 1) && spins, "B2.nmi: of VTL1, to VTL1");
	check_equal(counters_of(other_vp).faults, 0, "B2.nmi: VTL1 had no trouble");
	end_spinner(thread);
	check_equal(write_msr1(X2APIC_ICR, (__u64)other_apic << 32 | 0x500), PAIR_NO_VECTOR,
		    "B2.init: VTL1 may write it");
	check_equal(counters_of(other_vp).vectors[LOW], 2, "B2.init: and nothing happens");
}

/* ---- SINTs and timers ---- */

static bool has_timers(void)
{
	vtl1(PAIR_CPUID, TLFS_CPUID_FEATURES, 0, 0, 0);

	return last()->result[0] >> 3 & 1;
}

static __u64 now1(void)
{
	__u64 value;

	read_msr1(TIME_REF_COUNT, &value);

	return value;
}

static void start_timer(unsigned int n, __u64 config, __u64 count)
{
	struct pair_msr list[] = {
		{ .number = STIMER_CONFIG(n), .is_write = 1, .value = 0 },
		{ .number = STIMER_COUNT(n), .is_write = 1, .value = count },
		{ .number = STIMER_CONFIG(n), .is_write = 1, .value = config },
	};

	if (write_all(list, 3))
		bail_out("timer %u cannot be set", n);
}

static void timer_message(void)
{
	struct pair_record record;
	const __u64 *payload = (const __u64 *)record.message.payload;
	__u64 expires, config;

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	write_msr1(TLFS_MSR_SINT0 + 3, TIMER_VECTOR | TLFS_SINT_AUTO_EOI);
	expires = now1() + 5 * MILLISECOND;
	start_timer(1, TIMER_ENABLE | TIMER_SINT(3), expires);
	usleep(100000);
	record = record1(0);
	check(record.number == 1 && record.slot == 3, "B4.message: one, in the slot of its SINT");
	check_equal(record.message.header.type, TIMER_EXPIRED, "B4.message: TimerExpired");
	check(record.message.header.payload_bytes == 24 && (payload[0] & 0xffffffff) == 1 &&
		      payload[1] == expires && payload[2] >= expires,
	      "B4.message: index, expiration and delivery time");
	check_equal(counters1().vectors[TIMER_VECTOR], 1, "B3.sint: its vector, once");
	read_msr1(STIMER_CONFIG(1), &config);
	check_equal(config & TIMER_ENABLE, 0, "B4.one_shot: is disabled when it has expired");
	start_timer(2, TIMER_ENABLE, 0);
	read_msr1(STIMER_CONFIG(2), &config);
	check_equal(config & TIMER_ENABLE, 0, "B4.sint0: cannot be enabled for messages to SINT0");
}

/* Both expire while VTL1 has interrupts off: one slot, so one waits. */
static void message_queue(void)
{
	struct pair_record newest, before;

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	start_timer(1, TIMER_ENABLE | TIMER_SINT(3), now1() + 20 * MILLISECOND);
	start_timer(2, TIMER_ENABLE | TIMER_SINT(3), now1() + 20 * MILLISECOND);
	vtl1(PAIR_SPIN, 60 * MILLISECOND, 0, 0, 0);
	usleep(10000);
	newest = record1(0);
	before = record1(1);
	check(newest.number == 2 && newest.slot == 3 && before.slot == 3,
	      "B3.queue: two messages for one slot, both come");
	check((newest.message.payload[0] ^ before.message.payload[0]) == 3, "B3.queue: one of each timer");
	check_equal(counters1().eoms, 1, "B3.queue: MessagePending was set once");
	write_msr1(TLFS_MSR_SINT0 + 3, TLFS_SINT_MASKED);
}

static void direct_timers(void)
{
	struct pair_counters counters;
	__u64 config;

	eoi(TIMER_VECTOR, X2APIC_EOI);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	start_timer(0, TIMER_ENABLE | TIMER_DIRECT | TIMER_VECTOR << 4, now1() + 5 * MILLISECOND);
	usleep(50000);
	check_equal(taken(TIMER_VECTOR), 1, "B4.direct: one interrupt, no message");
	check_equal(counters1().messages, 0, "B4.direct: no message");
	start_timer(0, TIMER_ENABLE | TIMER_PERIODIC | TIMER_DIRECT | TIMER_VECTOR << 4,
		    10 * MILLISECOND);
	usleep(200000);
	write_msr1(STIMER_CONFIG(0), 0);
	counters = counters1();
	check(counters.vectors[TIMER_VECTOR] > 3, "B4.periodic: comes again and again: %llu",
	      counters.vectors[TIMER_VECTOR]);
	usleep(50000);
	check_equal(taken(TIMER_VECTOR), counters.vectors[TIMER_VECTOR], "B4.periodic: until it is stopped");
	write_msr1(STIMER_CONFIG(0), TIMER_AUTO_ENABLE | TIMER_DIRECT | TIMER_VECTOR << 4);
	write_msr1(STIMER_COUNT(0), now1() + MILLISECOND);
	read_msr1(STIMER_CONFIG(0), &config);
	usleep(20000);
	check_equal(taken(TIMER_VECTOR), counters.vectors[TIMER_VECTOR] + 1,
		    "B4.auto_enable: a write of the count starts it");
	write_msr1(STIMER_CONFIG(0), 0);
}

static void timer_against_interrupts_off(void)
{
	pthread_t thread;
	__u64 before;

	pin_to_cpu(1);
	start_timer(0, TIMER_ENABLE | TIMER_PERIODIC | TIMER_DIRECT | TIMER_VECTOR << 4,
		    10 * MILLISECOND);
	pin_to_cpu(0);
	thread = start_spinner();
	before = counters_of(other_vp).vectors[TIMER_VECTOR];
	usleep(200000);
	check(spins && counters_of(other_vp).vectors[TIMER_VECTOR] > before + 2,
	      "B4.preempts: VTL1's timer comes while VTL0 spins with IF = 0");
	end_spinner(thread);
	pin_to_cpu(1);
	write_msr1(STIMER_CONFIG(0), 0);
	pin_to_cpu(0);
}

static void reference_time(void)
{
	__u64 first0, first1, second0;

	read_msr(TIME_REF_COUNT, &first0);
	first1 = now1();
	read_msr(TIME_REF_COUNT, &second0);
	check(first0 <= first1 && first1 <= second0, "B4.reference_time: one for both VTLs, never back");
}

int main(void)
{
	__u64 value;

	conformance_open();
	reference_time();
	if (read_msr1(X2APIC_ICR, &value) != PAIR_NO_VECTOR) {
		check_skip("B1, B2, B3, B4", "VTL1 has no complete APIC");
		return conformance_end();
	}
	registers();
	local();
	if (cpu_count() > 1) {
		look_at_cpu1();
		between_vps();
	}
	if (!has_timers()) {
		check_skip("B3, B4", "VTL1 has no timers");
		return conformance_end();
	}
	timer_message();
	message_queue();
	direct_timers();
	if (cpu_count() > 1)
		timer_against_interrupts_off();

	return conformance_end();
}
