// SPDX-License-Identifier: MIT

/* GetVpRegisters and SetVpRegisters, asked for what VTL0 may not have. */

#include "hostile.h"
#include "hvcall/abi/tlfs_msr.h"
#include "hvcall/abi/tlfs_register.h"

#define INPUT 0
#define OUTPUT 1

static struct hypercall_answer run(__u64 control)
{
	return hypercall(control, page_gpa(INPUT), page_gpa(OUTPUT));
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
	check((values[1].low & ~TLFS_VSM_ACTIVE_MBEC) == 0x30000 && values[2].low == 0xa5a5a5a5a5a5a5a5,
	      "and has answered those before");
	answer = get(own_registers, names, 2, 1);
	check(answer.status == TLFS_STATUS_SUCCESS && answer.reps == 2 &&
		      values[0].low == 0xa5a5a5a5a5a5a5a5 && (values[1].low & ~TLFS_VSM_ACTIVE_MBEC) == 0x30000,
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

int main(void)
{
	struct redoubt_status before;

	hostile_open();
	before = redoubt_status();
	register_headers(get_one, TLFS_STATUS_ACCESS_DENIED, "GetVpRegisters");
	get_registers();
	register_headers(set_one, TLFS_STATUS_INVALID_VP_INDEX, "SetVpRegisters");
	set_registers();

	check_vtl1_unchanged(&before);

	return tap_end();
}
