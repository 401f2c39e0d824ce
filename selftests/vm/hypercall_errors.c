// SPDX-License-Identifier: MIT

/* Every hypercall with every mistake: the error that TLFS has for it, and nothing else. */

#include "hostile.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"

#define INPUT 0
#define OUTPUT 1

/* What the hypervisor knows of a call */
static const struct {
	const char *name;
	__u64 code;
	unsigned int header_bytes;
	unsigned int count_max; /* elements that fit; 0: a simple call */
	bool has_output;
} calls[] = {
	{ "NotifyLongSpinWait", TLFS_CALL_NOTIFY_LONG_SPIN_WAIT, 8, 0, false },
	{ "ModifyVtlProtectionMask", TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, 16,
	  TLFS_MODIFY_PROTECTION_PAGES_MAX, false },
	{ "EnablePartitionVtl", TLFS_CALL_ENABLE_PARTITION_VTL, 16, 0, false },
	{ "EnableVpVtl", TLFS_CALL_ENABLE_VP_VTL, 240, 0, false },
	{ "GetVpRegisters", TLFS_CALL_GET_VP_REGISTERS, 16, TLFS_GET_VP_REGISTERS_MAX, true },
	{ "SetVpRegisters", TLFS_CALL_SET_VP_REGISTERS, 16, TLFS_SET_VP_REGISTERS_MAX, false },
	{ "StartVirtualProcessor", TLFS_CALL_START_VIRTUAL_PROCESSOR, 240, 0, false },
	{ "GetVpIndexFromApicId", TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, 16, 1020, true },
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
	static const __u64 codes[] = { 0, 1, 2, 0x0b, 0x0e, 0x10, 0x46, 0x4d, 0x52, 0x8001, 0xffff };
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

/* Fast calls carry 16 bytes; XMM registers are not offered. */
static void fast_calls(void)
{
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < CALL_COUNT; i++) {
		bool fits = calls[i].header_bytes <= 16 && calls[i].count_max == 0;
		int status = hypercall(minimal_control(i) | TLFS_CALL_FAST, 0, 0).status;

		bad += fits ? status < 0 : status != -1;
	}
	check_equal(bad, 0, "fast calls: input in two registers, or #UD");
	check_equal(hypercall(TLFS_CALL_NOTIFY_LONG_SPIN_WAIT | TLFS_CALL_FAST, 1, 0).status,
		    TLFS_STATUS_SUCCESS, "NotifyLongSpinWait succeeds");
	check_equal(hypercall(TLFS_CALL_ENABLE_PARTITION_VTL | TLFS_CALL_FAST, TLFS_PARTITION_SELF, 1)
			    .status,
		    TLFS_STATUS_INVALID_VTL_STATE, "a fast EnablePartitionVtl is understood");
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

static int enable_partition(struct tlfs_enable_partition_vtl input)
{
	memcpy(page(INPUT), &input, sizeof(input));

	return run(TLFS_CALL_ENABLE_PARTITION_VTL).status;
}

static void enable_partition_vtl(void)
{
	const struct tlfs_enable_partition_vtl good = { .partition_id = TLFS_PARTITION_SELF,
							.target_vtl = 1 };
	struct tlfs_enable_partition_vtl input = good;
	unsigned int bad = 0, i;

	check_equal(enable_partition(good), TLFS_STATUS_INVALID_VTL_STATE,
		    "EnablePartitionVtl again: INVALID_VTL_STATE");
	input.partition_id = 1;
	check_equal(enable_partition(input), TLFS_STATUS_INVALID_PARTITION_ID, "another partition");
	for (i = 0; i < 256; i++) {
		input = good;
		input.target_vtl = (__u8)i;
		bad += i != 1 && enable_partition(input) != TLFS_STATUS_ACCESS_DENIED;
	}
	check_equal(bad, 0, "VTLs that cannot be");
	for (i = 1, bad = 0; i < 8; i++) {
		input = good;
		input.flags = (__u8)(1u << i);
		bad += enable_partition(input) != TLFS_STATUS_INVALID_PARAMETER;
	}
	for (i = 0; i < 6; i++) {
		input = good;
		input.reserved[i] = 1;
		bad += enable_partition(input) != TLFS_STATUS_INVALID_PARAMETER;
	}
	check_equal(bad, 0, "flags that are not offered, and reserved bytes");
}

/* A context that would be good */
static struct tlfs_enable_vp_vtl good_vp_context(void)
{
	const struct tlfs_segment_register data = { .limit = ~0u, .selector = 16,
						    .attributes = 0xc093 };

	return (struct tlfs_enable_vp_vtl){
		.partition_id = TLFS_PARTITION_SELF,
		.vp_index = TLFS_VP_SELF,
		.target_vtl = 1,
		.context = { .rip = 0x1000, .rflags = 2,
			     .cs = { .limit = ~0u, .selector = 8, .attributes = 0xa09b },
			     .ds = data, .es = data, .ss = data,
			     .tr = { .limit = 0x67, .attributes = 0x8b },
			     .efer = 0xd00, .cr0 = 0x80010033, .cr4 = 0x20,
			     .pat = 0x0007040600070406 },
	};
}

static int enable_vp(__u64 code, struct tlfs_enable_vp_vtl input)
{
	memcpy(page(INPUT), &input, sizeof(input));

	return run(code).status;
}

static void enable_vp_vtl(void)
{
	struct tlfs_enable_vp_vtl good = good_vp_context(), input = good;
	__u64 code = TLFS_CALL_ENABLE_VP_VTL;
	unsigned int bad = 0, i;

	check_equal(enable_vp(code, good), TLFS_STATUS_ACCESS_DENIED,
		    "EnableVpVtl on itself: VTL1 decides now");
	input.vp_index = cpu_count() - 1;
	check_equal(enable_vp(code, input), TLFS_STATUS_ACCESS_DENIED, "on another VP too");
	input.vp_index = 64;
	check_equal(enable_vp(code, input), TLFS_STATUS_INVALID_VP_INDEX, "on one that is not there");
	input.vp_index = 0xffffffff;
	check_equal(enable_vp(code, input), TLFS_STATUS_INVALID_VP_INDEX, "on any");
	input = good;
	input.partition_id = 0;
	check_equal(enable_vp(code, input), TLFS_STATUS_INVALID_PARTITION_ID, "another partition");
	for (i = 0; i < 256; i++) {
		input = good;
		input.target_vtl = (__u8)i;
		bad += i != 1 && enable_vp(code, input) != TLFS_STATUS_INVALID_PARAMETER;
	}
	check_equal(bad, 0, "VTLs that cannot be");
	for (i = 0, bad = 0; i < 3; i++) {
		input = good;
		input.reserved[i] = 0x80;
		bad += enable_vp(code, input) != TLFS_STATUS_INVALID_PARAMETER;
	}
	input = good;
	input.context.rip = 1ull << 47;
	bad += enable_vp(code, input) != TLFS_STATUS_INVALID_PARAMETER;
	input = good;
	input.context.cr0 = 0x80000000; /* paging without protection */
	bad += enable_vp(code, input) != TLFS_STATUS_INVALID_PARAMETER;
	input = good;
	input.context.efer = 0xd00 | 1ull << 12; /* SVME */
	bad += enable_vp(code, input) != TLFS_STATUS_INVALID_PARAMETER;
	check_equal(bad, 0, "reserved bytes and impossible contexts");
	check_equal(enable_vp(TLFS_CALL_START_VIRTUAL_PROCESSOR, good), TLFS_STATUS_ACCESS_DENIED,
		    "StartVirtualProcessor is VTL1's");
	good.target_vtl = 0;
	good.vp_index = cpu_count() - 1;
	check_equal(enable_vp(TLFS_CALL_START_VIRTUAL_PROCESSOR, good), TLFS_STATUS_ACCESS_DENIED,
		    "for VTL0 as well");
}

static struct hypercall_answer protect(struct tlfs_modify_vtl_protection_mask header, __u64 page_number)
{
	memcpy(page(INPUT), &header, sizeof(header));
	memcpy(page(INPUT) + sizeof(header), &page_number, sizeof(page_number));

	return run(rep_control(TLFS_CALL_MODIFY_VTL_PROTECTION_MASK, 1, 0));
}

static void modify_protection(void)
{
	const struct tlfs_modify_vtl_protection_mask good = {
		.partition_id = TLFS_PARTITION_SELF,
		.map_flags = TLFS_PROTECT_ALL,
		.input_vtl = TLFS_INPUT_VTL_USE_TARGET | 1,
	};
	struct tlfs_modify_vtl_protection_mask input = good;
	__u64 target = vtl1_page() / PAGE_BYTES, value = 0;
	unsigned int bad = 0, i;

	check_equal(protect(good, target).status, TLFS_STATUS_ACCESS_DENIED,
		    "ModifyVtlProtectionMask cannot be used by VTL0");
	input.input_vtl = 0;
	check_equal(protect(input, target).status, TLFS_STATUS_INVALID_PARAMETER, "for itself");
	input.input_vtl = TLFS_INPUT_VTL_USE_TARGET;
	check_equal(protect(input, target).status, TLFS_STATUS_INVALID_PARAMETER, "or by its number");
	for (i = 2; i < 16; i++) {
		input.input_vtl = (__u8)(TLFS_INPUT_VTL_USE_TARGET | i);
		bad += protect(input, target).status != TLFS_STATUS_INVALID_PARAMETER;
	}
	for (i = 5; i < 8; i++) {
		input.input_vtl = (__u8)(good.input_vtl | 1u << i);
		bad += protect(input, target).status != TLFS_STATUS_INVALID_PARAMETER;
	}
	for (i = 0; i < 3; i++) {
		input = good;
		input.reserved[i] = 1;
		bad += protect(input, target).status != TLFS_STATUS_INVALID_PARAMETER;
	}
	check_equal(bad, 0, "other VTLs and reserved bits");
	input = good;
	input.partition_id = 2;
	check_equal(protect(input, target).status, TLFS_STATUS_INVALID_PARTITION_ID,
		    "another partition");
	check_equal(access_page(target * PAGE_BYTES, TEST_READ, &value), GENERAL_PROTECTION,
		    "VTL1's page is as closed as before");
}

static struct tlfs_vp_registers_header own_registers = { .partition_id = TLFS_PARTITION_SELF,
							 .vp_index = TLFS_VP_SELF };

static struct hypercall_answer get(struct tlfs_vp_registers_header header, const __u32 *names,
				   unsigned int count, unsigned int start)
{
	memcpy(page(INPUT), &header, sizeof(header));
	memcpy(page(INPUT) + sizeof(header), names, count * sizeof(*names));
	memset(page(OUTPUT), 0xa5, PAGE_BYTES);

	return run(rep_control(TLFS_CALL_GET_VP_REGISTERS, count, start));
}

static int get_one(struct tlfs_vp_registers_header header, __u32 name)
{
	return get(header, &name, 1, 0).status;
}

/* What the two calls on registers refuse alike */
static void register_headers(int (*one)(struct tlfs_vp_registers_header header, __u32 name),
			     int other_vp, const char *name)
{
	struct tlfs_vp_registers_header header = own_registers;
	unsigned int bad = 0, i;

	header.partition_id = 7;
	check_equal(one(header, TLFS_REG_VP_ASSIST_PAGE), TLFS_STATUS_ACCESS_DENIED,
		    "%s: another partition", name);
	header = own_registers;
	header.vp_index = 64;
	check_equal(one(header, TLFS_REG_VP_ASSIST_PAGE), TLFS_STATUS_INVALID_VP_INDEX,
		    "%s: a VP that is not there", name);
	pin_to_cpu(0);
	header.vp_index = 1;
	check_equal(one(header, TLFS_REG_VP_ASSIST_PAGE),
		    cpu_count() > 1 ? other_vp : (int)TLFS_STATUS_INVALID_VP_INDEX, "%s: another VP", name);
	header = own_registers;
	header.input_vtl = TLFS_INPUT_VTL_USE_TARGET | 1;
	bad += one(header, TLFS_REG_RIP) != TLFS_STATUS_ACCESS_DENIED;
	bad += one(header, TLFS_REG_CR3) != TLFS_STATUS_ACCESS_DENIED;
	bad += one(header, TLFS_REG_VP_ASSIST_PAGE) != TLFS_STATUS_ACCESS_DENIED;
	bad += one(header, TLFS_REG_VSM_PARTITION_CONFIG) != TLFS_STATUS_ACCESS_DENIED;
	bad += one(header, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0) != TLFS_STATUS_ACCESS_DENIED;
	bad += one(header, TLFS_REG_PENDING_EVENT0) != TLFS_STATUS_ACCESS_DENIED;
	check_equal(bad, 0, "%s: VTL1's registers", name);
	for (i = 2, bad = 0; i < 16; i++) {
		header.input_vtl = (__u8)(TLFS_INPUT_VTL_USE_TARGET | i);
		bad += one(header, TLFS_REG_VP_ASSIST_PAGE) != TLFS_STATUS_INVALID_PARAMETER;
	}
	for (i = 5; i < 8; i++) {
		header.input_vtl = (__u8)(1u << i);
		bad += one(header, TLFS_REG_VP_ASSIST_PAGE) != TLFS_STATUS_INVALID_PARAMETER;
	}
	for (i = 0; i < 3; i++) {
		header = own_registers;
		header.reserved[i] = 1;
		bad += one(header, TLFS_REG_VP_ASSIST_PAGE) != TLFS_STATUS_INVALID_PARAMETER;
	}
	check_equal(bad, 0, "%s: other VTLs and reserved bits", name);
	bad = one(own_registers, TLFS_REG_RIP) != TLFS_STATUS_ACCESS_DENIED;
	bad += one(own_registers, TLFS_REG_CR0) != TLFS_STATUS_ACCESS_DENIED;
	bad += one(own_registers, TLFS_REG_CS) != TLFS_STATUS_ACCESS_DENIED;
	check_equal(bad, 0, "%s: the caller's own architectural registers", name);
	check_equal(one(own_registers, 0x12345678), TLFS_STATUS_INVALID_PARAMETER,
		    "%s: a register that is not there", name);
}

static void get_registers(void)
{
	const __u32 names[] = { TLFS_REG_VP_INDEX, TLFS_REG_VSM_VP_STATUS, 0xdeadbeef,
				TLFS_REG_VP_INDEX };
	struct tlfs_register_value *values = page(OUTPUT);
	struct hypercall_answer answer = get(own_registers, names, 4, 0);

	check(answer.status == TLFS_STATUS_INVALID_PARAMETER && answer.reps == 2,
	      "GetVpRegisters stops at the first bad name");
	check(values[1].low == 0x30000 && values[2].low == 0xa5a5a5a5a5a5a5a5,
	      "and has answered those before");
	answer = get(own_registers, names, 2, 1);
	check(answer.status == TLFS_STATUS_SUCCESS && answer.reps == 2 &&
		      values[0].low == 0xa5a5a5a5a5a5a5a5 && values[1].low == 0x30000,
	      "it begins where it is told to");
	get_one(own_registers, TLFS_REG_VSM_PARTITION_STATUS);
	check_equal(values[0].low & 0xfffff, 0x10003, "VTL1 is enabled and the highest");
}

static int set_value(struct tlfs_vp_registers_header header, __u32 name, __u64 value)
{
	struct tlfs_register_assignment one = { .name = name, .value.low = value };

	memcpy(page(INPUT), &header, sizeof(header));
	memcpy(page(INPUT) + sizeof(header), &one, sizeof(one));

	return run(rep_control(TLFS_CALL_SET_VP_REGISTERS, 1, 0)).status;
}

static int set_one(struct tlfs_vp_registers_header header, __u32 name)
{
	return set_value(header, name, 0);
}

static void set_registers(void)
{
	struct tlfs_register_assignment *one = page(INPUT) + sizeof(own_registers);
	struct named_gpa pages[BAD_PAGES_MAX];
	unsigned int bad = 0, count = bad_pages(pages, BAD_PAGES_MAX), i;

	check_equal(set_value(own_registers, TLFS_REG_PENDING_EVENT0, 1 | 1 << 8 | 13 << 16),
		    TLFS_STATUS_INVALID_PARAMETER, "SetVpRegisters: no event for oneself");
	check_equal(set_value(own_registers, TLFS_REG_VSM_PARTITION_CONFIG, 0x1f),
		    TLFS_STATUS_INVALID_PARAMETER, "no partition configuration from VTL0");
	check_equal(set_value(own_registers, TLFS_REG_VSM_VP_SECURE_CONFIG_VTL0, 0),
		    TLFS_STATUS_ACCESS_DENIED, "no secure configuration from VTL0");
	bad += set_one(own_registers, TLFS_REG_VSM_VP_STATUS) != TLFS_STATUS_ACCESS_DENIED;
	bad += set_one(own_registers, TLFS_REG_VSM_PARTITION_STATUS) != TLFS_STATUS_ACCESS_DENIED;
	bad += set_one(own_registers, TLFS_REG_VSM_CAPABILITIES) != TLFS_STATUS_ACCESS_DENIED;
	bad += set_one(own_registers, TLFS_REG_VSM_CODE_PAGE_OFFSETS) != TLFS_STATUS_ACCESS_DENIED;
	check_equal(bad, 0, "no read-only register");
	for (i = 0, bad = 0; i < count; i++) {
		if ((pages[i].gpa & TLFS_PAGE_MSR_ADDRESS) == 0)
			continue;
		bad += set_value(own_registers, TLFS_REG_SIMP, pages[i].gpa | 1) !=
		       TLFS_STATUS_INVALID_REGISTER_VALUE;
	}
	check_equal(bad, 0, "no overlay page where VTL0 has no RAM");
	set_value(own_registers, TLFS_REG_SIMP, 0);
	for (i = 0, bad = 0; i < 3; i++) {
		one->reserved[i] = 1;
		bad += run(rep_control(TLFS_CALL_SET_VP_REGISTERS, 1, 0)).status !=
		       TLFS_STATUS_INVALID_PARAMETER;
		one->reserved[i] = 0;
	}
	check_equal(bad, 0, "reserved words");
}

static struct hypercall_answer vp_index(__u64 partition, __u8 vtl, __u8 reserved, __u32 *ids,
					unsigned int count)
{
	struct tlfs_vp_index_from_apic_id header = { .partition_id = partition, .target_vtl = vtl };

	header.reserved[3] = reserved;
	memcpy(page(INPUT), &header, sizeof(header));
	memcpy(page(INPUT) + sizeof(header), ids, count * sizeof(*ids));

	return run(rep_control(TLFS_CALL_GET_VP_INDEX_FROM_APIC_ID, count, 0));
}

static void vp_index_from_apic_id(void)
{
	__u32 ids[] = { 0, 200, 0 };
	struct hypercall_answer answer = vp_index(TLFS_PARTITION_SELF, 0, 0, ids, 1);

	check(answer.status == TLFS_STATUS_SUCCESS && *(__u32 *)page(OUTPUT) == 0,
	      "GetVpIndexFromApicId: the first VP");
	answer = vp_index(TLFS_PARTITION_SELF, 0, 0, ids, 3);
	check(answer.status == TLFS_STATUS_INVALID_PARAMETER && answer.reps == 1,
	      "it stops at an id that is not there");
	check_equal(vp_index(0, 0, 0, ids, 1).status, TLFS_STATUS_INVALID_PARTITION_ID,
		    "another partition");
	check_equal(vp_index(TLFS_PARTITION_SELF, 1, 0, ids, 1).status, TLFS_STATUS_INVALID_PARAMETER,
		    "VTL1");
	check_equal(vp_index(TLFS_PARTITION_SELF, 0, 1, ids, 1).status, TLFS_STATUS_INVALID_PARAMETER,
		    "reserved bytes");
}

int main(void)
{
	struct redoubt_status before, after;
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
	vtl_switches();
	enable_partition_vtl();
	enable_vp_vtl();
	modify_protection();
	register_headers(get_one, TLFS_STATUS_ACCESS_DENIED, "GetVpRegisters");
	get_registers();
	register_headers(set_one, TLFS_STATUS_INVALID_VP_INDEX, "SetVpRegisters");
	set_registers();
	vp_index_from_apic_id();

	after = redoubt_status();
	check(after.vtl1.memory_bytes == before.vtl1.memory_bytes &&
		      after.vtl1.phase == before.vtl1.phase,
	      "VTL1 is as it was");
	check(is_vtl1_well(), "and answers");

	return tap_end();
}
