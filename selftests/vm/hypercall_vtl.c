// SPDX-License-Identifier: MIT

/* The calls that enable VTLs and change protections, asked for what VTL0 may not have. */

#include "hostile.h"

#define INPUT 0
#define OUTPUT 1

static struct hypercall_answer run(__u64 control)
{
	return hypercall(control, page_gpa(INPUT), page_gpa(OUTPUT));
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
	struct redoubt_status before;

	hostile_open();
	before = redoubt_status();
	enable_partition_vtl();
	enable_vp_vtl();
	modify_protection();
	vp_index_from_apic_id();

	check_vtl1_unchanged(&before);

	return tap_end();
}
