// SPDX-License-Identifier: MIT

/* Every hypercall encoded wrongly in every way: the error that TLFS has for it, and nothing else. */

#include "hostile.h"

#define INPUT 0
#define OUTPUT 1

/* What the hypervisor knows of a call */
static const struct {
	const char *name;
	__u64 code;
	unsigned int header_bytes;
	unsigned int count_max; /* elements that fit; 0: a simple call */
	bool has_output;
	bool has_variable_header;
} calls[] = {
	{ "FlushVirtualAddressSpace", TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE, 24, 0, false, false },
	{ "FlushVirtualAddressList", TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST, 24, 509, false, false },
	{ "FlushVirtualAddressSpaceEx", TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX, 32, 0, false, true },
	{ "FlushVirtualAddressListEx", TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_LIST_EX, 32, 508, false, true },
	{ "NotifyLongSpinWait", TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, 8, 0, false, false },
	{ "ModifyVtlProtectionMask", TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, 16,
	  TLFS_MODIFY_PROTECTION_PAGES_MAX, false, false },
	{ "EnablePartitionVtl", TLFS_CALL_ENABLE_PARTITION_VTL, 16, 0, false, false },
	{ "EnableVpVtl", TLFS_CALL_ENABLE_VP_VTL, 240, 0, false, false },
	{ "GetVpRegisters", TLFS_CALL_GET_VP_REGISTERS, 16, TLFS_GET_VP_REGISTERS_MAX, true, false },
	{ "SetVpRegisters", TLFS_CALL_SET_VP_REGISTERS, 16, TLFS_SET_VP_REGISTERS_MAX, false, false },
	{ "StartVirtualProcessor", TLFS_CALL_START_VIRTUAL_PROCESSOR, 240, 0, false, false },
	{ "GetVpIndexFromApicId", TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, 16, 1020, true, false },
};
#define CALL_COUNT (sizeof(calls) / sizeof(*calls))

static struct hypercall_answer run(__u64 control)
{
	return hypercall(control, page_gpa(INPUT), page_gpa(OUTPUT));
}

static __u64 minimal_control(size_t call)
{
	return calls[call].count_max ? rep_control(calls[call].code, 1, 0) : calls[call].code;
}

static void unknown_codes(void)
{
	static const __u64 codes[] = { 0, 1, 0x04, 0x0b, 0x0e, 0x10, 0x46, 0x4d, 0x52, 0x8001, 0xffff };
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		bad += run(codes[i]).status != TLFS_STATUS_INVALID_HYPERCALL_CODE;
		bad += run(rep_control(codes[i], 1, 0)).status != TLFS_STATUS_INVALID_HYPERCALL_CODE;
	}
	check_equal(bad, 0, "calls that are not offered: INVALID_HYPERCALL_CODE");
}

static void bad_control(size_t call)
{
	__u64 good = minimal_control(call);
	unsigned int bad = 0, bit;

	for (bit = 0; bit < 64; bit++) {
		if ((TLFS_CALL_RESERVED | TLFS_CALL_NESTED) >> bit & 1)
			bad += run(good | 1ull << bit).status != TLFS_STATUS_INVALID_HYPERCALL_INPUT;
	}
	check_equal(bad, 0, "%s: reserved bits", calls[call].name);
	if (calls[call].has_variable_header)
		return;
	check_equal(run(good | 1ull << TLFS_CALL_VARIABLE_HEADER_SHIFT).status,
		    TLFS_STATUS_INVALID_HYPERCALL_INPUT, "%s: a variable header", calls[call].name);
}

static void bad_repeats(size_t call)
{
	__u64 code = calls[call].code;
	unsigned int max = calls[call].count_max, i, bad = 0;
	struct {
		unsigned int count, start;
	} wrong[] = { { 0, 0 }, { 0, 1 }, { 1, 1 }, { 1, 2 }, { 2, 0xfff }, { max + 1, 0 }, { 0xfff, 0 } };

	if (max == 0) {
		bad += run(rep_control(code, 1, 0)).status != TLFS_STATUS_INVALID_HYPERCALL_INPUT;
		bad += run(rep_control(code, 0, 1)).status != TLFS_STATUS_INVALID_HYPERCALL_INPUT;
		check_equal(bad, 0, "%s: cannot be repeated", calls[call].name);
		return;
	}
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct hypercall_answer answer = run(rep_control(code, wrong[i].count, wrong[i].start));

		if (answer.status != TLFS_STATUS_INVALID_HYPERCALL_INPUT) {
			note("count %u start %u: 0x%x", wrong[i].count, wrong[i].start, answer.status);
			bad++;
		}
	}
	check_equal(bad, 0, "%s: wrong counts and starts", calls[call].name);
}

static void bad_buffers(size_t call)
{
	__u64 control = minimal_control(call), input = page_gpa(INPUT), output = page_gpa(OUTPUT);
	unsigned int count = 0, i, bad = 0;
	struct named_gpa pages[BAD_PAGES_MAX];

	bad += hypercall(control, input + 1, output).status != TLFS_STATUS_INVALID_ALIGNMENT;
	bad += hypercall(control, input + 4, output).status != TLFS_STATUS_INVALID_ALIGNMENT;
	if (calls[call].header_bytes > 8)
		bad += hypercall(control, input + 4088, output).status !=
		       TLFS_STATUS_INVALID_ALIGNMENT;
	check_equal(bad, 0, "%s: input misaligned or across pages", calls[call].name);

	count = bad_pages(pages, BAD_PAGES_MAX);
	for (i = 0, bad = 0; i < count; i++) {
		int status = hypercall(control, pages[i].gpa, output).status;

		if (status != TLFS_STATUS_INVALID_PARAMETER) {
			note("input in %s: 0x%x", pages[i].name, status);
			bad++;
		}
	}
	check_equal(bad, 0, "%s: input that is not VTL0's RAM", calls[call].name);
	if (!calls[call].has_output)
		return;
	for (i = 1, bad = 0; i < 8; i++)
		bad += hypercall(control, input, output + i).status != TLFS_STATUS_INVALID_ALIGNMENT;
	check_equal(bad, 0, "%s: output misaligned", calls[call].name);
}

/* Fast calls carry 112 bytes, and have no output. */
static void fast_calls(void)
{
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < CALL_COUNT; i++) {
		int status = hypercall(minimal_control(i) | TLFS_CALL_FAST, 0, 0).status;
		bool is_long = calls[i].header_bytes > 112;

		bad += calls[i].has_output != (status == -1);
		bad += !calls[i].has_output &&
		       is_long != (status == TLFS_STATUS_INVALID_HYPERCALL_INPUT);
	}
	check_equal(bad, 0, "fast calls: input in registers if it fits, #UD for output");
	check_equal(hypercall(TLFS_CALL_NOTIFY_LONG_SPIN_WAIT | TLFS_CALL_FAST, 1, 0).status,
		    TLFS_STATUS_SUCCESS, "NotifyLongSpinWait succeeds");
	check_equal(hypercall(TLFS_CALL_ENABLE_PARTITION_VTL | TLFS_CALL_FAST, TLFS_PARTITION_SELF, 1)
			    .status,
		    TLFS_STATUS_INVALID_VTL_STATE, "a fast EnablePartitionVtl is understood");
}

/* A set of banks, of which only one names anybody: the call succeeds if that one is seen. */
static struct test_fast flush_bank(unsigned int bank, unsigned int count, bool without_fpu)
{
	struct test_fast fast = {
		.control = TLFS_CALL_FLUSH_VIRTUAL_ADDRESS_SPACE_EX | TLFS_CALL_FAST |
			   (__u64)count << TLFS_CALL_VARIABLE_HEADER_SHIFT,
		.input = { 0, 0, TLFS_VP_SET_SPARSE, (1ull << count) - 1 },
		.without_fpu = without_fpu,
	};

	if (bank < 10)
		fast.input[4 + bank] = 1ull << 40;
	must_do(TEST_IOC_FAST, &fast);

	return fast;
}

static void xmm_input(void)
{
	unsigned int bank, bad = 0;

	for (bank = 0; bank < 10; bank++) {
		struct test_fast fast = flush_bank(bank, 10, bank & 1);

		bad += fast.fault != TEST_NO_FAULT || fast.result != TLFS_STATUS_SUCCESS;
	}
	check_equal(bad, 0, "fast calls: each half of XMM0 to XMM5 is read, CR0.TS or not");
	check_equal(flush_bank(10, 10, false).result, TLFS_STATUS_INVALID_PARAMETER,
		    "and an empty set is seen as such");
	check_equal(flush_bank(9, 9, false).result, TLFS_STATUS_INVALID_PARAMETER,
		    "what lies behind the input is not");
	check_equal(flush_bank(0, 11, false).result, TLFS_STATUS_INVALID_HYPERCALL_INPUT,
		    "there is no more than that");
}

static int raw_fault(__u64 rcx, __u64 rax)
{
	struct test_registers registers = { .rcx = rcx, .rax = rax, .rdi = VTL_CALL_VERSION };

	return vmmcall(&registers);
}

static void vtl_switches(void)
{
	unsigned int bit, bad = 0;

	for (bit = 0; bit < 64; bit++)
		bad += raw_fault(TLFS_CALL_VTL_CALL, 1ull << bit) != INVALID_OPCODE;
	check_equal(bad, 0, "VTL call with a control input: #UD");
	for (bit = 16, bad = 0; bit < 64; bit++)
		bad += raw_fault(TLFS_CALL_VTL_CALL | 1ull << bit, 0) != INVALID_OPCODE;
	check_equal(bad, 0, "VTL call with more bits in RCX: #UD");
	check_equal(raw_fault(TLFS_CALL_VTL_RETURN, 0), INVALID_OPCODE, "VTL return in VTL0: #UD");
	check_equal(raw_fault(TLFS_CALL_VTL_RETURN, 1), INVALID_OPCODE, "fast as well");
	check_equal(raw_fault(TLFS_CALL_VTL_CALL, 0), TEST_NO_FAULT, "a good VTL call works");
}

int main(void)
{
	struct redoubt_status before;
	size_t i;

	hostile_open();
	before = redoubt_status();
	unknown_codes();
	for (i = 0; i < CALL_COUNT; i++) {
		memset(page(INPUT), 0, PAGE_BYTES);
		bad_control(i);
		bad_repeats(i);
		bad_buffers(i);
	}
	fast_calls();
	xmm_input();
	vtl_switches();

	check_vtl1_unchanged(&before);

	return tap_end();
}
