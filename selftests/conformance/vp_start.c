// SPDX-License-Identifier: MIT

/*
 * Starts of a VP by VTL0 while VTL1 is enabled on it: dropped, denied, or VTL1's to decide; and what runs
 * there then, in real mode.
 */

#include "offline_vp.h"

/* The page at LOW_GPA */
#define IDT_AT 0x400u
#define HANDLER_AT 0x200u
#define OTHER_HANDLER_AT 0x280u
#define POINTER_AT 0x700u
#define COUNTS_AT 0x800u
#define RAN 0
#define RETURNED 1
#define UNDEFINED 2
#define OTHERS 3

static volatile __u8 *counts(void)
{
	return low_page + COUNTS_AT;
}

static void place_bytes(unsigned int at, const char *bytes, unsigned int count)
{
	memcpy(low_page + at, bytes, count);
}

static bool is_intel(void)
{
	__u32 eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);

	return ebx == 0x756e6547; /* "Genu" */
}

/*
 * Real mode, CS = DS = SS. Counts that it ran; makes a hypercall, which counts as UNDEFINED if it is #UD
 * and as RETURNED if not; halts. Every other exception counts as OTHERS.
 */
static void place_code(void)
{
	static const char start[] = "\x8c\xc8\x8e\xd8\x8e\xd0\xbc\x00\x10" /* ds = ss = cs; sp = 0x1000 */
				    "\x0f\x01\x1e\x00\x07"		     /* lidt [POINTER_AT] */
				    "\xfe\x06\x00\x08"			     /* incb [COUNTS_AT + RAN] */
				    "\x66\x31\xc0\x66\x31\xd2"		     /* eax = edx = 0 */
				    "\x66\xb9\x08\x00\x01\x00"; /* ecx: NotifyLongSpinWait, fast */
	static const char end[] = "\xfe\x06\x01\x08\xfa\xf4\xeb\xfd"; /* incb RETURNED; cli; hlt; again */
	static const char handler[] = "\xfe\x06\x02\x08\xfa\xf4\xeb\xfd";
	static const char other[] = "\xfe\x06\x03\x08\xfa\xf4\xeb\xfd";
	__u16 *idt = (__u16 *)(low_page + IDT_AT);
	unsigned int i, at = 0;

	memset(low_page, 0, PAGE_BYTES);
	place_bytes(at, start, sizeof(start) - 1);
	at += sizeof(start) - 1;
	place_bytes(at, is_intel() ? "\x0f\x01\xc1" : "\x0f\x01\xd9", 3);
	place_bytes(at + 3, end, sizeof(end) - 1);
	place_bytes(HANDLER_AT, handler, sizeof(handler) - 1);
	place_bytes(OTHER_HANDLER_AT, other, sizeof(other) - 1);
	for (i = 0; i < 32; i++) {
		idt[2 * i] = i == INVALID_OPCODE ? HANDLER_AT : OTHER_HANDLER_AT;
		idt[2 * i + 1] = LOW_GPA >> 4;
	}
	*(__u16 *)(low_page + POINTER_AT) = 32 * 4 - 1;
	*(__u32 *)(low_page + POINTER_AT + 2) = (__u32)LOW_GPA + IDT_AT;
}

static void dropped(void)
{
	struct pair_counters before = counters_of(offline_vp), after;

	place_code();
	send_startup(LOW_VECTOR);
	usleep(100000);
	after = counters_of(offline_vp);
	check_equal(counts()[RAN], 0, "B2.startup: dropped at a VP with VTL1");
	check_equal(after.messages, before.messages, "B2.startup: and VTL1 is not asked");
}

static void check_message(void)
{
	struct pair_record record = record_there();
	const struct tlfs_sipi_intercept *sipi = (const void *)record.message.payload;

	check_equal(record.message.header.type, TLFS_MESSAGE_SIPI_INTERCEPT,
		    "B10.intercept: a SipiIntercept message");
	check(sipi->target_vp_index == offline_vp && sipi->header.vp_index == offline_vp,
	      "B10.intercept: of that VP");
	check_equal(sipi->vector, LOW_VECTOR, "B10.intercept: with the vector");
	check_equal(record.entry_reason, TLFS_VTL_ENTRY_INTERRUPT, "B10.intercept: by an interrupt");
}

static void refused_by_vtl1(void)
{
	struct tlfs_register_value value;
	__u64 before = counters_of(offline_vp).messages;

	answer_starts(false, 1);
	place_code();
	send_startup(LOW_VECTOR);
	check_equal(counters_of(offline_vp).messages, before + 1, "B10.intercept: VTL1 is asked first");
	check_message();
	usleep(100000);
	check_equal(counts()[RAN], 0, "B10.intercept: VTL0 does not run, as VTL1 has not let it");
	check(get_register_there(TLFS_REG_INTERNAL_ACTIVITY_STATE, &value) == 0 &&
		      value.low == TLFS_ACTIVITY_STARTUP_SUSPEND,
	      "B10.intercept: it goes on waiting");
}

static void accepted(void)
{
	answer_starts(true, 1);
	send_startup(LOW_VECTOR);
	check(is_counted(counts() + RAN, 1), "B10.intercept: VTL0 runs when VTL1 lets it");
	check_equal(counters_of(offline_vp).failures, 0, "B10.intercept: VTL1's calls succeeded");
	check(is_counted(counts() + UNDEFINED, 1), "A4.real_mode: a hypercall is #UD");
	check_equal(counts()[RETURNED], 0, "A4.real_mode: and does not return");
	check_equal(counts()[OTHERS], 0, "A4.real_mode: nor anything else");
}

/* The VP is in real mode, halted with interrupts off, in the handler of #UD. */
static void registers_there(void)
{
	const struct tlfs_segment_register *cs;
	struct tlfs_register_value value;

	check(get_register_there(TLFS_REG_CS, &value) == 0, "B11.read: CS of another VP");
	cs = (const void *)&value;
	check(cs->base == LOW_GPA && cs->selector == LOW_GPA >> 4, "B11.read: as it was started");
	get_register_there(TLFS_REG_CR0, &value);
	check_equal(value.low & 0x80000001, 0, "B11.read: CR0 is of real mode");
	get_register_there(TLFS_REG_RIP, &value);
	check(value.low >= HANDLER_AT && value.low < HANDLER_AT + 8, "B11.read: RIP is where it halted");
	check_equal(set_register_of1(offline_vp, 0, TLFS_REG_STAR, 0x123456789a, 0), 0, "B11.write: STAR");
	get_register_there(TLFS_REG_STAR, &value);
	check_equal(value.low, 0x123456789a, "B11.write: reads back");
	check(set_register_of1(77, 0, TLFS_REG_STAR, 0, 0) != 0, "B11.range: no such VP");
}

static void denied_to_vtl0(void)
{
	struct tlfs_vp_registers_header *header = page(0);

	memset(page(0), 0, PAGE_BYTES);
	*header = (struct tlfs_vp_registers_header){ .partition_id = TLFS_PARTITION_SELF,
						     .vp_index = offline_vp,
						     .input_vtl = VTL0_TARGET };
	*(__u32 *)(header + 1) = TLFS_REG_VSM_VP_STATUS;
	check(hypercall0(rep(TLFS_CALL_GET_VP_REGISTERS, 1, 0), page_gpa(0), page_gpa(1)).status > 0,
	      "B11.vtl0: VTL0 reads no other VP");
}

static void event_there(__u32 vector, unsigned int which, const char *name)
{
	__u8 before = counts()[which];

	check_equal(set_register_of1(offline_vp, 0, TLFS_REG_PENDING_EVENT0,
				     TLFS_EVENT_PENDING | (__u64)vector << TLFS_EVENT_VECTOR_SHIFT, 0),
		    0, "A15.halted: %s is set on a VP that is halted", name);
	check(is_counted(counts() + which, (__u8)(before + 1)), "A15.halted: which wakes and takes it");
}

static void halted(void)
{
	event_there(INVALID_OPCODE, UNDEFINED, "#UD");
	event_there(DIVIDE_ERROR, OTHERS, "#DE");
	event_there(INVALID_OPCODE, UNDEFINED, "#UD");
	check_equal(counts()[RAN], 1, "A15.halted: it was not started anew");
}

/* VTL0 may start nothing; even what runs is not stopped. */
static void deny(void)
{
	struct tlfs_enable_vp_vtl *input = page(0);
	struct tlfs_register_value value;
	__u64 before = counters_of(offline_vp).messages;

	if (!(vsm_register0(TLFS_REG_VSM_CAPABILITIES) & TLFS_VSM_CAN_DENY_LOWER_VTL_STARTUP)) {
		check_skip("B10.deny", "the capability is not offered");
		return;
	}
	check(set_config_bits(TLFS_VSM_DENY_LOWER_VTL_STARTUP, 0), "B10.deny: VTL1 sets the bit");
	place_code();
	send_startup(LOW_VECTOR);
	usleep(100000);
	check_equal(counts()[RAN], 0, "B10.deny: a start by VTL0 does nothing");
	check_equal(counters_of(offline_vp).messages, before, "B10.deny: VTL1 is not asked");
	get_register_there(TLFS_REG_INTERNAL_ACTIVITY_STATE, &value);
	check_equal(value.low, 0, "B10.deny: INIT has not stopped it");
	memset(page(0), 0, PAGE_BYTES);
	*input = (struct tlfs_enable_vp_vtl){ .partition_id = TLFS_PARTITION_SELF,
					      .vp_index = offline_vp };
	check(hypercall0(TLFS_CALL_START_VIRTUAL_PROCESSOR, page_gpa(0), 0).status != 0,
	      "B10.deny: VTL0's hypercall is refused");
	check(set_config_bits(0, TLFS_VSM_DENY_LOWER_VTL_STARTUP), "B10.deny: VTL1 clears the bit");
	answer_starts(true, 1);
	send_startup(LOW_VECTOR);
	check(is_counted(counts() + RAN, 1), "B10.deny: VTL0 starts it again");
}

int main(void)
{
	conformance_open();
	if (cpu_count() < 2)
		skip_all("one CPU: there is none to start");
	take_last_cpu();
	dropped();
	if (!set_config_bits(TLFS_VSM_INTERCEPT_VP_STARTUP, 0))
		bail_out("InterceptVpStartup is not offered: CPU %u is lost", offline_cpu);
	refused_by_vtl1();
	accepted();
	registers_there();
	denied_to_vtl0();
	halted();
	deny();
	give_back();
	check(set_config_bits(0, TLFS_VSM_INTERCEPT_VP_STARTUP), "B10.intercept: VTL1 clears the bit");

	return conformance_end();
}
