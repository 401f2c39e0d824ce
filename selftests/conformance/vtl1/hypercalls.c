// SPDX-License-Identifier: MIT

/* Hypercalls of VTL1's own, through pages of this VP. Each returns RAX, but with status 0 as 0. */

#include "vtl1.h"

static u64 call(struct vp *vp, u64 control)
{
	u64 rax = call_page(control, gpa_of(vp->input), gpa_of(vp->output), 0);

	return rax & TLFS_RESULT_STATUS ? rax : 0;
}

static u64 one(u64 code)
{
	return code | 1ull << TLFS_CALL_REP_COUNT_SHIFT;
}

u64 registers_of(struct vp *vp, u32 index, u8 vtl, u32 name, u32 is_set,
		 struct tlfs_register_value *value)
{
	struct tlfs_vp_registers_header *header = (void *)vp->input;
	struct tlfs_register_assignment *set = (void *)(header + 1);
	u64 rax;

	*header = (struct tlfs_vp_registers_header){
		.partition_id = TLFS_PARTITION_SELF,
		.vp_index = index,
		.input_vtl = TLFS_INPUT_VTL_USE_TARGET | vtl,
	};
	if (is_set) {
		*set = (struct tlfs_register_assignment){ .name = name, .value = *value };
		return call(vp, one(TLFS_CALL_SET_VP_REGISTERS));
	}
	*(u32 *)set = name;
	rax = call(vp, one(TLFS_CALL_GET_VP_REGISTERS));
	*value = *(struct tlfs_register_value *)vp->output;

	return rax;
}

u64 get_register(struct vp *vp, u8 vtl, u32 name, struct tlfs_register_value *value)
{
	return registers_of(vp, TLFS_VP_SELF, vtl, name, 0, value);
}

u64 set_register(struct vp *vp, u8 vtl, u32 name, struct tlfs_register_value value)
{
	return registers_of(vp, TLFS_VP_SELF, vtl, name, 1, &value);
}

u64 protect(struct vp *vp, u64 gpa, u64 count, u32 flags)
{
	struct tlfs_modify_vtl_protection_mask *header = (void *)vp->input;
	u64 *pages = (void *)(header + 1);
	u64 first = gpa / PAGE_BYTES;

	while (count) {
		u64 batch = count < TLFS_MODIFY_PROTECTION_PAGES_MAX ?
				    count :
				    TLFS_MODIFY_PROTECTION_PAGES_MAX;
		u64 i, rax;

		*header = (struct tlfs_modify_vtl_protection_mask){
			.partition_id = TLFS_PARTITION_SELF,
			.map_flags = flags,
			.input_vtl = TLFS_INPUT_VTL_USE_TARGET | 1,
		};
		for (i = 0; i < batch; i++)
			pages[i] = first + i;
		rax = call(vp, TLFS_CALL_MODIFY_VTL_PROTECTION_MASK |
				       batch << TLFS_CALL_REP_COUNT_SHIFT);
		if (rax)
			return rax;
		first += batch;
		count -= batch;
	}

	return 0;
}

u64 enable_vp(struct vp *vp, u32 index)
{
	struct tlfs_enable_vp_vtl *input = (void *)vp->input;

	*input = (struct tlfs_enable_vp_vtl){
		.partition_id = TLFS_PARTITION_SELF,
		.vp_index = index,
		.target_vtl = 1,
		.context = image_header.context,
	};
	input->context.rsp = image_header.stack_tops + index * image_header.stack_bytes;

	return call(vp, TLFS_CALL_ENABLE_VP_VTL);
}
