// SPDX-License-Identifier: MIT

/* What VTL1 is asked about before VTL0 writes a register. Numbers are TLFS's, spelled out here. */

#include "conformance.h"

#define CONTROL 0xe0000u
#define CR0_MASK 0xe0001u
#define CR4_MASK 0xe0002u

#define CR0_MP 0x2ull
#define CR0_TS 0x8ull
#define CR0_WP 0x10000ull
#define CR4_TSD 0x4ull
#define CR4_DE 0x8ull

#define REGISTER_MESSAGE 0x80010006u
#define MSR_MESSAGE 0x80010001u

struct subject {
	const char *name;
	unsigned int bit;
	__u32 what, argument; /* of attempt() */
	__u64 flips;	      /* in the register as it is */
	__u32 told;	      /* register name or MSR */
	unsigned int length;
	bool is_table;	      /* only what cannot hurt is tried */
};

static const struct subject subjects[] = {
	{ "CR0", 0, PAIR_TRY_WRITE_CR, 0, CR0_WP, TLFS_REG_CR0, 3, false },
	{ "CR4", 1, PAIR_TRY_WRITE_CR, 4, CR4_TSD, TLFS_REG_CR4, 3, false },
	{ "LSTAR", 6, PAIR_TRY_WRMSR, 0xc0000082, 0x100, 0xc0000082, 2, false },
	{ "STAR", 8, PAIR_TRY_WRMSR, 0xc0000081, 0x100, 0xc0000081, 2, false },
	{ "CSTAR", 10, PAIR_TRY_WRMSR, 0xc0000083, 0x100, 0xc0000083, 2, false },
	{ "APIC_BASE", 12, PAIR_TRY_WRMSR, 0x1b, 0, 0x1b, 2, false },
	{ "EFER", 14, PAIR_TRY_WRMSR, 0xc0000080, 1, 0xc0000080, 2, false },
	{ "SYSENTER_CS", 19, PAIR_TRY_WRMSR, 0x174, 0x10, 0x174, 2, false },
	{ "SYSENTER_EIP", 20, PAIR_TRY_WRMSR, 0x176, 0x10, 0x176, 2, false },
	{ "SYSENTER_ESP", 21, PAIR_TRY_WRMSR, 0x175, 0x10, 0x175, 2, false },
	{ "SFMASK", 22, PAIR_TRY_WRMSR, 0xc0000084, 1, 0xc0000084, 2, false },
	{ "TSC_AUX", 23, PAIR_TRY_WRMSR, 0xc0000103, 0x55, 0xc0000103, 2, false },
	{ "GDTR", 15, PAIR_TRY_LGDT, 0x10, 0, TLFS_REG_GDTR, 3, true },
	{ "IDTR", 16, PAIR_TRY_LIDT, 0xfffff000, 0, TLFS_REG_IDTR, 3, true },
	{ "LDTR", 17, PAIR_TRY_LLDT, 0, 0, TLFS_REG_LDTR, 3, true },
	{ "TR", 18, PAIR_TRY_LTR, 0x40, 0, TLFS_REG_TR, 3, true },
};

static __u64 supported; /* bits that CrInterceptControl takes */

static int arm(__u64 control, __u64 cr0_mask, __u64 cr4_mask)
{
	int status = set_register1(1, CONTROL, 0, 0);

	status |= set_register1(1, CR0_MASK, cr0_mask, 0);
	status |= set_register1(1, CR4_MASK, cr4_mask, 0);

	return status | set_register1(1, CONTROL, control, 0);
}

static void control_register(void)
{
	const __u64 wanted = 0x7fd543; /* all writes but XCR0, MISC_ENABLE, TSC_AUX, SGX */
	struct tlfs_register_value value;
	unsigned int bit, wrong_status = 0, wrong_value = 0;

	for (bit = 0; bit < 64; bit++) {
		int status = set_register1(1, CONTROL, 1ull << bit, 0);

		get_register1(1, CONTROL, &value);
		if (status == 0)
			supported |= 1ull << bit;
		wrong_status += status != 0 && status != TLFS_STATUS_INVALID_REGISTER_VALUE;
		wrong_value += status == 0 && value.low != 1ull << bit;
		set_register1(1, CONTROL, 0, 0);
	}
	check_equal(wrong_status, 0, "A22.control: unsupported bits are INVALID_REGISTER_VALUE");
	check_equal(wrong_value, 0, "A22.control: reads back as it was written");
	check_equal(supported & wanted, wanted, "A22.control: the writes that a secure kernel watches");
	check_equal(supported >> 32, 0, "A22.control: no bit above 32");
	note("supported: 0x%llx", supported);
	check(set_register1(1, CONTROL, supported, 0) == 0 && set_register1(1, CONTROL, 0, 0) == 0,
	      "A22.control: all of them at once");
	check(set_register1(0, CONTROL, 0, 0) != 0 && set_register1(0, CR0_MASK, 0, 0) != 0,
	      "A22.owner: not by the name of VTL0");
	check(set_register1(1, CR0_MASK, CR0_WP, 0) == 0 &&
		      get_register1(1, CR0_MASK, &value) == 0 && value.low == CR0_WP &&
		      set_register1(1, CR4_MASK, CR4_TSD, 0) == 0 &&
		      get_register1(1, CR4_MASK, &value) == 0 && value.low == CR4_TSD,
	      "A22.masks: read back as they were written");
	arm(0, 0, 0);
}

static void from_vtl0(void)
{
	struct tlfs_register_value value;

	check(get_register0(VTL0_TARGET, CONTROL, &value) != 0 &&
		      get_register0(VTL1_TARGET, CONTROL, &value) != 0,
	      "A22.owner: VTL0 cannot read it");
}

static __u64 new_value(const struct subject *subject)
{
	__u64 value;

	if (subject->what == PAIR_TRY_WRITE_CR)
		value = attempt(PAIR_TRY_READ_CR, subject->argument, 0).value;
	else
		read_msr(subject->argument, &value);

	return value ^ subject->flips;
}

static bool is_header(const struct tlfs_intercept_header *header, unsigned int length)
{
	return header->vp_index == vp_index0() &&
	       (header->instruction_length_and_cr8 & 0xf) == length &&
	       header->access_type == TLFS_ACCESS_TYPE_WRITE &&
	       (header->execution_state & (TLFS_EXECUTION_CPL | TLFS_EXECUTION_PE |
					   TLFS_EXECUTION_LMA | 0xfu << 7)) ==
		       (TLFS_EXECUTION_PE | TLFS_EXECUTION_LMA) &&
	       (header->cs.selector & ~3) == 0x10 && (header->cs.attributes >> 13 & 1) &&
	       header->rip >> 63 && (header->rflags & 0x202) == 2; /* IF = 0 */
}

static bool is_body(const struct subject *subject, const struct tlfs_message *message, __u64 value)
{
	const __u8 *payload = message->payload;
	__u64 low = *(const __u64 *)(payload + 48), high = *(const __u64 *)(payload + 56);

	if (message->header.payload_bytes != 0x40 || message->header.flags != 0)
		return false;
	if (subject->what == PAIR_TRY_WRMSR)
		return message->header.type == MSR_MESSAGE &&
		       *(const __u32 *)(payload + 40) == subject->told && low == value >> 32 &&
		       high == (__u32)value;
	if (message->header.type != REGISTER_MESSAGE ||
	    *(const __u32 *)(payload + 44) != subject->told)
		return false;

	return subject->is_table || (payload[40] == 0 && low == value && high == 0);
}

static void denied(const struct subject *subject, __u64 value)
{
	struct pair_record record;
	struct pair_try one;

	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	one = attempt(subject->what, subject->argument, value);
	record = record1(0);
	check(one.fault == GENERAL_PROTECTION && one.value == one.before,
	      "A22.%s: denied, #GP, unchanged", subject->name);
	check_equal(counters1().messages, 1, "A22.%s: VTL1 was asked once", subject->name);
	if (!check(is_body(subject, &record.message, value), "A23.%s: the message", subject->name))
		note("type 0x%x, %u bytes", record.message.header.type,
		     record.message.header.payload_bytes);
	if (!check(is_header((const void *)record.message.payload, subject->length),
		   "A23.%s: its header, %u bytes of instruction", subject->name, subject->length))
		note("length and CR8 0x%x, access %u, state 0x%x", record.message.payload[4],
		     record.message.payload[5], *(const __u16 *)(record.message.payload + 6));
}

/* attempt() puts the old value back the same way: a second intercept. */
static void allowed(const struct subject *subject, __u64 value)
{
	const struct pair_policy allow = { .action = PAIR_ALLOW, .count = 2 };
	struct pair_try one;

	policies1(&allow, 1);
	one = attempt(subject->what, subject->argument, value);
	check(one.fault == PAIR_NO_VECTOR && one.value == value && counters1().failures == 0,
	      "A22.%s: VTL1 carries it out", subject->name);
	policies1(&(struct pair_policy){ 0 }, 1);
}

static void ignored(const struct subject *subject, __u64 value)
{
	const struct pair_policy ignore = { .action = PAIR_IGNORE, .count = 2 };
	struct pair_try one;

	policies1(&ignore, 1);
	one = attempt(subject->what, subject->argument, value);
	check(one.fault == PAIR_NO_VECTOR && one.value == one.before,
	      "A22.%s: VTL1 drops it, VTL0 goes on", subject->name);
	policies1(&(struct pair_policy){ 0 }, 1);
}

static void not_armed(const struct subject *subject, __u64 value)
{
	__u64 before = counters1().messages;
	struct pair_try one;

	arm(supported & ~(1ull << subject->bit), CR0_WP, CR4_TSD);
	/* A busy task state cannot be loaded. */
	if (subject->what != PAIR_TRY_LTR) {
		one = attempt(subject->what, subject->argument, value);
		check(one.fault == PAIR_NO_VECTOR && counters1().messages == before,
		      "A22.%s: not watched, VTL1 is not asked", subject->name);
	}
	arm(0, 0, 0);
}

static void try_subject(const struct subject *subject)
{
	__u64 value = subject->is_table ? 0 : new_value(subject);

	if (!(supported >> subject->bit & 1)) {
		check_skip(subject->name, "not supported");
		return;
	}
	arm(1ull << subject->bit, CR0_WP, CR4_TSD);
	denied(subject, value);
	if (!subject->is_table)
		allowed(subject, value);
	ignored(subject, value);
	not_armed(subject, value);
}

/* Only if (old XOR new) & mask is not zero */
static void masks(void)
{
	__u64 cr0 = attempt(PAIR_TRY_READ_CR, 0, 0).value, cr4 = attempt(PAIR_TRY_READ_CR, 4, 0).value;
	struct pair_try one;

	arm(3, CR0_WP, CR4_TSD);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	one = attempt(PAIR_TRY_WRITE_CR, 0, cr0 ^ CR0_MP);
	check(one.fault == PAIR_NO_VECTOR && one.value == (cr0 ^ CR0_MP),
	      "A22.mask: a bit of CR0 outside is written");
	one = attempt(PAIR_TRY_WRITE_CR, 0, cr0);
	check_equal(one.fault, PAIR_NO_VECTOR, "A22.mask: CR0 as it is");
	one = attempt(PAIR_TRY_WRITE_CR, 4, cr4 ^ CR4_DE);
	check(one.fault == PAIR_NO_VECTOR && one.value == (cr4 ^ CR4_DE),
	      "A22.mask: a bit of CR4 outside is written");
	check_equal(attempt(PAIR_TRY_CLTS, 0, 0).fault, PAIR_NO_VECTOR, "A22.mask: CLTS, TS is outside");
	check_equal(attempt(PAIR_TRY_LMSW, (cr0 & 0xf) ^ CR0_MP, 0).fault, PAIR_NO_VECTOR,
		    "A22.mask: LMSW, MP is outside");
	check_equal(counters1().messages, 0, "A22.mask: VTL1 was asked about none of these");
	one = attempt(PAIR_TRY_WRITE_CR, 0, cr0 ^ CR0_WP ^ CR0_MP);
	check(one.fault == GENERAL_PROTECTION && one.value == cr0,
	      "A22.mask: a write inside and outside is denied as a whole");
	arm(0, 0, 0);
}

static __u64 told_value(unsigned int back)
{
	struct pair_record record = record1(back);

	return *(const __u64 *)(record.message.payload + 48);
}

/* Other instructions that write CR0 */
static void clts_lmsw(void)
{
	const struct pair_policy list[] = { { .action = PAIR_ALLOW, .count = 1 },
					    { .action = PAIR_DENY, .count = 1 },
					    { .action = PAIR_ALLOW, .count = 1 } };
	__u64 cr0 = attempt(PAIR_TRY_READ_CR, 0, 0).value;
	struct pair_try one;

	arm(1, CR0_TS | CR0_MP, 0);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	policies1(list, 3);
	one = attempt(PAIR_TRY_CLTS, 0, 0);
	check(one.fault == GENERAL_PROTECTION && one.value & CR0_TS, "A22.CLTS: denied, TS is still set");
	check_equal(told_value(1), cr0 & ~CR0_TS, "A23.CLTS: VTL1 was told CR0's new value");
	policies1(&(struct pair_policy){ .action = PAIR_ALLOW, .count = 2 }, 1);
	one = attempt(PAIR_TRY_CLTS, 0, 0);
	check(one.fault == PAIR_NO_VECTOR && !(one.value & CR0_TS), "A22.CLTS: carried out by VTL1");
	policies1(&(struct pair_policy){ .action = PAIR_DENY, .count = 1 }, 1);
	one = attempt(PAIR_TRY_LMSW, (cr0 & 0xf) ^ CR0_MP, 0);
	check(one.fault == GENERAL_PROTECTION && one.value == cr0, "A22.LMSW: denied, unchanged");
	check_equal(told_value(0), cr0 ^ CR0_MP, "A23.LMSW: VTL1 was told CR0's new value");
	arm(1, 1, 0);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	one = attempt(PAIR_TRY_LMSW, cr0 & 0xe, 0);
	check(one.fault == PAIR_NO_VECTOR && one.value == cr0 && counters1().messages == 0,
	      "A22.LMSW: cannot clear PE, so VTL1 is not asked");
	arm(0, 0, 0);
}

static void xcr0(void)
{
	struct pair_try one = {};
	struct pair_record record;

	if (!(attempt(PAIR_TRY_READ_CR, 4, 0).value >> 18 & 1) || !(supported >> 2 & 1)) {
		check_skip("A22.XCR0", "no XSAVE in VTL0, or its intercept is not supported");
		return;
	}
	arm(1 << 2, 0, 0);
	vtl1(PAIR_CLEAR, 0, 0, 0, 0);
	one = attempt(PAIR_TRY_XSETBV, 0, 1);
	record = record1(0);
	check(one.fault == GENERAL_PROTECTION && one.value == one.before, "A22.XCR0: denied, unchanged");
	check(record.message.header.type == REGISTER_MESSAGE &&
		      *(const __u32 *)(record.message.payload + 44) == 0x40005 && told_value(0) == 1,
	      "A23.XCR0: the message");
	policies1(&(struct pair_policy){ .action = PAIR_ALLOW, .count = 2 }, 1);
	one = attempt(PAIR_TRY_XSETBV, 0, 1);
	check(one.fault == PAIR_NO_VECTOR && one.value == 1, "A22.XCR0: carried out by VTL1");
	arm(0, 0, 0);
}

static void per_vp(void)
{
	struct pair_try one;
	__u64 value;

	if (cpu_count() == 1) {
		check_skip("A22.vp", "one CPU");
		return;
	}
	arm(1 << 10, 0, 0);
	pin_to_cpu(1);
	read_msr(0xc0000083, &value);
	one = attempt(PAIR_TRY_WRMSR, 0xc0000083, value ^ 0x100);
	check(one.fault == PAIR_NO_VECTOR && one.value == (value ^ 0x100),
	      "A22.vp: watched on one VP, another is not asked");
	pin_to_cpu(0);
	check_equal(attempt(PAIR_TRY_WRMSR, 0xc0000083, value ^ 0x100).fault, GENERAL_PROTECTION,
		    "A22.vp: that one is");
	arm(0, 0, 0);
}

int main(void)
{
	size_t i;

	conformance_open();
	if (set_register1(1, CONTROL, 1, 0) != 0)
		skip_all("CrInterceptControl is not offered");
	control_register();
	from_vtl0();
	for (i = 0; i < sizeof(subjects) / sizeof(*subjects); i++)
		try_subject(&subjects[i]);
	masks();
	clts_lmsw();
	xcr0();
	per_vp();

	return conformance_end();
}
