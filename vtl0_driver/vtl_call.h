/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_VTL_CALL_H
#define REDOUBT_VTL_CALL_H

#include <linux/types.h>

#include "hvcall/abi/vtl_call.h"

/**
 * struct vtl_call - one VTL call; the registers are in hvcall/abi/vtl_call.h
 * @id: one of VTL_CALL_*
 * @argument: rsi, rdx, r8, r9, r10; those that a call does not use are 0
 * @status: one of VTL_STATUS_*, valid unless vtl1_call() returned -ENODEV
 * @value: what the call returns; 0 on every error
 */
struct vtl_call {
	u64 id;
	u64 argument[5];
	u64 status;
	u64 value;
};

void vtl_call_set_address(void *address);
int vtl1_call(struct vtl_call *call);
int vtl1_call_with_page(u64 id, void *page, u64 argument, u64 *value);

#endif
