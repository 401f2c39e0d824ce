// SPDX-License-Identifier: MIT

/*
 * What VTL1 asks to be told of: writes of control registers, table registers and MSRs. VTL1's self-test
 * image arms them and denies or carries out what VTL0 wants.
 *
 * Bit numbers and MSRs are spelled out here; the hypervisor's names are not used.
 */

#include <cpuid.h>

#include "hostile.h"
#include "hvcall/abi/tlfs_register.h"
#include "hvcall/abi/tlfs_vsm.h"
#include "selftests/vtl1/calls.h"

#define INVALID_OPCODE_FAULT 6

#define CR0_TS (1ull << 3)
#define CR0_MP (1ull << 1)
#define CR0_WP (1ull << 16)
#define CR0_PG (1ull << 31)
#define CR4_TSD (1ull << 2)
#define CR4_DE (1ull << 3)
#define CR4_PAE (1ull << 5)
#define CR4_PCE (1ull << 8)
#define CR4_RESERVED (1ull << 31)

/* CrInterceptControl */
#define ALL_EVENTS 0xffd547ull /* all writes that exist, but SGX's and MISC_ENABLE */
#define XCR0_EVENT (1ull << 2)

static struct tlfs_message *message;

/* Every register: the masks are what a secure kernel pins. */
#define CR0_MASK (1ull | CR0_WP | CR0_PG)
#define CR4_MASK (~(1ull << 6 | 1ull << 7 | CR4_PCE | 1ull << 13))

static struct vtl_answer arm(__u64 control, __u64 cr0_mask, __u64 cr4_mask, bool allows)
{
	return vtl_call_with(SELFTEST_CALL_ARM_INTERCEPTS,
			     (struct vtl_arguments){ .rsi = control, .rdx = cr0_mask,
						     .r8 = cr4_mask, .r9 = allows });
}

static __u64 take_last(void)
{
	return vtl_call(SELFTEST_CALL_LAST_INTERCEPT, page_gpa(0), 0).value;
}

static struct test_system_write system_write(__u32 what, __u64 value)
{
	struct test_system_write write = { .what = what, .value = value };

	must_do(TEST_IOC_SYSTEM_WRITE, &write);

	return write;
}

/* The header of the last message: 64-bit code at CPL 0 wrote something with so many bytes. */
static bool is_header(const struct tlfs_intercept_header *header, unsigned int length)
{
	__u32 vp = header->vp_index;

	return vp < cpu_count() && (header->instruction_length_and_cr8 & 0xf) == length &&
	       header->access_type == 1 && (header->execution_state & 0x17) == 0x14 &&
	       (header->cs.selector & ~3) == 0x10 && (header->rflags & 2) != 0;
}

static bool is_register_message(const struct test_system_write *write, unsigned int length,
				__u32 name, __u64 value)
{
	const struct tlfs_register_intercept *body = (void *)message->payload;

	return message->header.type == 0x80010006 && message->header.payload_bytes == 0x40 &&
	       is_header(&body->header, length) && body->header.rip == write->rip &&
	       body->name == name && body->flags == 0 && body->value.low == value;
}

/* Denied, unchanged, and told: one message for it. */
static void check_denied(__u32 what, __u64 value, unsigned int length, __u32 name, __u64 told,
			 const char *text)
{
	__u64 count = take_last();
	struct test_system_write write = system_write(what, value);
	__u64 after = take_last();

	check(write.fault == GENERAL_PROTECTION && write.after == write.before, "%s: denied", text);
	if (!check(after == count + 1 && is_register_message(&write, length, name, told),
		   "%s: VTL1 was told", text))
		note("fault %lld, %llu messages, type 0x%x, name 0x%x, value 0x%llx", write.fault,
		     after - count, message->header.type,
		     ((struct tlfs_register_intercept *)message->payload)->name,
		     ((struct tlfs_register_intercept *)message->payload)->value.low);
}

static void control_registers_denied(void)
{
	__u64 cr0 = system_write(TEST_CR0, 0).before, cr4 = system_write(TEST_CR4, 0).before;
	__u64 count = take_last();
	struct test_system_write write;

	check_denied(TEST_CR0, CR0_WP, 3, TLFS_REG_CR0, cr0 ^ CR0_WP, "CR0.WP");
	check_denied(TEST_CR4, CR4_TSD, 3, TLFS_REG_CR4, cr4 ^ CR4_TSD, "CR4.TSD");
	check_denied(TEST_CR4_PREFIXED, CR4_DE, 6, TLFS_REG_CR4, cr4 ^ CR4_DE, "with prefixes");

	count = take_last();
	write = system_write(TEST_CR0, 0);
	check(write.fault == TEST_NO_FAULT && write.after == write.before, "CR0 as it is");
	write = system_write(TEST_CR0, CR0_TS | CR0_MP);
	check(write.fault == TEST_NO_FAULT && write.after == (cr0 ^ (CR0_TS | CR0_MP)),
	      "bits of CR0 outside the mask");
	write = system_write(TEST_CR4, CR4_PCE);
	check(write.fault == TEST_NO_FAULT && write.after == (cr4 ^ CR4_PCE),
	      "and of CR4 are carried out");
	write = system_write(TEST_CLTS, 0);
	check(write.fault == TEST_NO_FAULT && write.after == (cr0 & ~CR0_TS), "CLTS too");
	write = system_write(TEST_LMSW, CR0_TS | CR0_MP);
	check(write.fault == TEST_NO_FAULT && write.after == ((cr0 & ~0xeull) | CR0_TS | CR0_MP),
	      "LMSW, which does not clear PE");
	write = system_write(TEST_LMSW_MEMORY, CR0_TS);
	check(write.fault == TEST_NO_FAULT && write.after == ((cr0 & ~0xeull) | CR0_TS),
	      "and from memory");
	check_equal(take_last(), count, "VTL1 is not told of those");
}

/* What a CPU refuses is #GP, and VTL1 does not hear of it. */
static void impossible_values(void)
{
	static const struct {
		__u32 what;
		__u64 value;
		const char *name;
	} values[] = {
		{ TEST_CR0, 1ull << 32, "CR0 bit 32" },
		{ TEST_CR0, 1, "CR0.PE off under paging" },
		{ TEST_CR0, 1ull << 29, "CR0.NW without CD" },
		{ TEST_CR0, CR0_PG, "CR0.PG off in 64-bit code" },
		{ TEST_CR4, CR4_RESERVED, "CR4 bit 31" },
		{ TEST_CR4, 1ull << 63, "CR4 bit 63" },
		{ TEST_CR4, CR4_PAE, "CR4.PAE off in long mode" },
		{ TEST_CR4, 1ull << 12, "CR4.LA57 in long mode" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		__u64 count = take_last();
		struct test_system_write write = system_write(values[i].what, values[i].value);

		check(write.fault == GENERAL_PROTECTION && write.after == write.before &&
			      take_last() == count,
		      "%s is #GP at once", values[i].name);
	}
}

static void table_registers_denied(void)
{
	static const struct {
		__u32 what;
		__u32 name;
		unsigned int length; /* 0: as the compiler has it */
		bool is_in_memory;
		const char *text;
	} tables[] = {
		{ TEST_GDTR, TLFS_REG_GDTR, 0, true, "LGDT" },
		{ TEST_IDTR, TLFS_REG_IDTR, 0, true, "LIDT" },
		{ TEST_LDTR, TLFS_REG_LDTR, 3, false, "LLDT" },
		{ TEST_LDTR_MEMORY, TLFS_REG_LDTR, 0, true, "LLDT from memory" },
		{ TEST_TR, TLFS_REG_TR, 3, false, "LTR" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		const struct tlfs_register_intercept *body = (void *)message->payload;
		__u64 count = take_last();
		struct test_system_write write = system_write(tables[i].what, 0);
		__u64 after = take_last();
		unsigned int length = body->header.instruction_length_and_cr8 & 0xf;

		check(write.fault == GENERAL_PROTECTION && write.after == write.before,
		      "%s: denied", tables[i].text);
		check(after == count + 1 && message->header.type == 0x80010006 &&
			      body->name == tables[i].name && body->header.rip == write.rip &&
			      body->flags == tables[i].is_in_memory &&
			      (tables[i].length ? length == tables[i].length :
						  length >= 4 && length <= 9) &&
			      is_header(&body->header, length),
		      "%s: VTL1 was told", tables[i].text);
		/* In memory: the address is the kernel's; else the selector, where it belongs */
		if (tables[i].is_in_memory)
			check(body->value.low >> 63, "with an address");
		else
			check(body->value.low == 0 && body->value.high >> 32 ==
				      (tables[i].what == TEST_TR ? write.before : 0),
			      "with the selector");
	}
}

static const struct {
	__u32 number;
	__u64 illegal; /* 0: none */
	const char *name;
} msrs[] = {
	{ 0xc0000080, 1ull << 12, "EFER" },	    { 0xc0000081, 0, "STAR" },
	{ 0xc0000082, 1ull << 60, "LSTAR" },	    { 0xc0000083, 1ull << 60, "CSTAR" },
	{ 0xc0000084, 1ull << 40, "SFMASK" },	    { 0x174, 0, "SYSENTER_CS" },
	{ 0x175, 1ull << 60, "SYSENTER_ESP" },	    { 0x176, 1ull << 60, "SYSENTER_EIP" },
	{ 0x1b, 1ull << 12, "APIC_BASE" },	    { 0xc0000103, 1ull << 32, "TSC_AUX" },
};
#define MSR_COUNT (sizeof(msrs) / sizeof(*msrs))

static bool has_msr(__u32 number)
{
	unsigned int eax, ebx, ecx, edx;

	__cpuid(0x80000001, eax, ebx, ecx, edx);

	return number != 0xc0000103 || (edx >> 27 & 1);
}

static void msrs_denied(void)
{
	const struct tlfs_msr_intercept *body = (void *)message->payload;
	unsigned int i;

	for (i = 0; i < MSR_COUNT; i++) {
		__u64 before = 0, after = 0, count = take_last();
		int fault;

		if (!has_msr(msrs[i].number)) {
			check_skip(msrs[i].name, "no RDTSCP");
			continue;
		}
		read_msr(msrs[i].number, &before);
		fault = write_msr(msrs[i].number, before);
		check(fault == GENERAL_PROTECTION && take_last() == count + 1 &&
			      message->header.type == 0x80010001 &&
			      message->header.payload_bytes == 0x40 && is_header(&body->header, 2) &&
			      body->msr == msrs[i].number && body->rax == (__u32)before &&
			      body->rdx == before >> 32,
		      "%s: denied, and VTL1 was told", msrs[i].name);
		if (msrs[i].illegal) {
			fault = write_msr(msrs[i].number, before ^ msrs[i].illegal);
			check(fault == GENERAL_PROTECTION && take_last() == count + 1,
			      "%s: a bad value is #GP at once", msrs[i].name);
		}
		read_msr(msrs[i].number, &after);
		check_equal(after, before, "%s: unchanged", msrs[i].name);
	}
}

static void all_carried_out(void)
{
	__u64 count = take_last(), told = 0;
	struct test_system_write write = system_write(TEST_CR0, CR0_WP);
	unsigned int i;

	check(write.fault == TEST_NO_FAULT && write.after == (write.before ^ CR0_WP),
	      "CR0.WP by VTL1's hand");
	write = system_write(TEST_CR4, CR4_TSD | CR4_DE);
	check(write.fault == TEST_NO_FAULT && write.after == (write.before ^ (CR4_TSD | CR4_DE)),
	      "and CR4");
	write = system_write(TEST_CR4_PREFIXED, CR4_DE);
	check(write.fault == TEST_NO_FAULT && write.after == (write.before ^ CR4_DE),
	      "past all prefixes");
	told = 6; /* the test undoes each */
	for (i = 0; i < MSR_COUNT; i++) {
		__u64 before = 0, after = 0, other;

		if (!has_msr(msrs[i].number))
			continue;
		read_msr(msrs[i].number, &before);
		/* A value that hurts nobody for as long as it stays */
		other = msrs[i].number == 0xc0000080 || msrs[i].number == 0x1b ? before : before ^ 0x10;
		if (msrs[i].number == 0xc0000082)
			other = before;
		check_equal(write_msr(msrs[i].number, other), TEST_NO_FAULT, "%s by VTL1's hand",
			    msrs[i].name);
		read_msr(msrs[i].number, &after);
		check_equal(after, other, "%s: it took", msrs[i].name);
		write_msr(msrs[i].number, before);
		told += 2;
	}
	check_equal(take_last() - count, told, "VTL1 was told of each");
}

/* Only where the machine has XSAVE and QEMU intercepts XSETBV */
static void xcr0(void)
{
	unsigned int eax, ebx, ecx, edx;
	struct test_system_write write;
	__u64 count, component;
	bool has_xsave;

	__cpuid(1, eax, ebx, ecx, edx);
	has_xsave = ecx >> 26 & 1;
	__cpuid(0x40000101, eax, ebx, ecx, edx);
	if (!(eax >> 1 & 1)) {
		check(!has_xsave, "XSETBV is not intercepted: XSAVE is hidden");
		check(arm(XCR0_EVENT, 0, 0, false).status != VTL_STATUS_OK, "and cannot be armed");
		return;
	}
	check_equal(arm(XCR0_EVENT, 0, 0, false).status, VTL_STATUS_OK, "XCR0 is armed");
	count = take_last();
	component = system_write(TEST_XCR0, 1).before & 4 ? 4 : 2; /* AVX, or SSE */
	write = system_write(TEST_XCR0, component);
	if (!has_xsave) {
		check_equal(write.fault, INVALID_OPCODE_FAULT, "there is no XSETBV");
		check_equal(take_last(), count, "VTL1 was not told");
		arm(0, 0, 0, false);
		return;
	}
	check(write.fault == GENERAL_PROTECTION && write.after == write.before, "XCR0: denied");
	check(take_last() == count + 1 &&
		      is_register_message(&write, 3, 0x00040005, write.before ^ component),
	      "XCR0: VTL1 was told");
	write = system_write(TEST_XCR0, 1); /* x87 off */
	check(write.fault == GENERAL_PROTECTION && take_last() == count + 1,
	      "XCR0: a bad value is #GP at once");
	arm(XCR0_EVENT, 0, 0, true);
	write = system_write(TEST_XCR0, component);
	check(write.fault == TEST_NO_FAULT && write.after == (write.before ^ component),
	      "XCR0 by VTL1's hand");
	check_equal(take_last(), count + 3, "and back");
	arm(0, 0, 0, false);
}

static void unarmed(void)
{
	__u64 count = take_last();
	struct test_system_write write = system_write(TEST_CR0, CR0_WP);
	__u64 before = 0;

	check(write.fault == TEST_NO_FAULT && write.after != write.before, "CR0.WP without VTL1");
	write = system_write(TEST_CR4, CR4_TSD);
	check(write.fault == TEST_NO_FAULT && write.after != write.before, "CR4.TSD");
	check_equal(system_write(TEST_GDTR, 0).fault, TEST_NO_FAULT, "LGDT");
	read_msr(0xc0000082, &before);
	check_equal(write_msr(0xc0000082, before), TEST_NO_FAULT, "LSTAR");
	check_equal(take_last(), count, "and it hears of nothing");
}

static void refused_controls(void)
{
	unsigned int bit, bad = 0;

	for (bit = 0; bit < 64; bit++) {
		__u64 control = 1ull << bit;

		if (!(control & (ALL_EVENTS | XCR0_EVENT)))
			bad += arm(control, 0, 0, false).status == VTL_STATUS_OK;
		else if (control != XCR0_EVENT)
			bad += arm(control, 0, 0, false).value != control;
	}
	check_equal(bad, 0, "events that do not exist are refused, the others read back");
	check_equal(arm(0, 0, 0, false).value, 0, "and nothing stays");
}

int main(void)
{
	struct vtl_answer answer;

	hostile_open();
	message = page(0);
	pin_to_cpu(cpu_count() - 1);
	answer = arm(0, 0, 0, false);
	if (answer.status == VTL_STATUS_UNKNOWN_CALL) {
		check_skip("register intercepts", "not the self-test image");
		return tap_end();
	}
	unarmed();
	refused_controls();
	check_equal(arm(ALL_EVENTS & ~XCR0_EVENT, CR0_MASK, CR4_MASK, false).value,
		    ALL_EVENTS & ~XCR0_EVENT, "all is armed");
	control_registers_denied();
	impossible_values();
	table_registers_denied();
	msrs_denied();
	check(run_quietly("i=0; while [ $i -lt 20 ]; do i=$((i + 1)); /bin/true; done"),
	      "programs run meanwhile");
	arm(ALL_EVENTS & ~XCR0_EVENT, CR0_MASK, CR4_MASK, true);
	all_carried_out();
	arm(0, 0, 0, false);
	xcr0();
	unarmed();
	check(!trouble_in(kernel_log()), "no trouble in the kernel's log");
	check(is_vtl1_well(), "VTL1 answers");

	return tap_end();
}
