/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_VTL1_H
#define REDOUBT_VTL1_H

#include <linux/types.h>

#include "hvcall/abi/statement.h"
#include "hvcall/abi/vtl_call.h"
#include "hvcall/abi/witness.h"

/**
 * struct vtl1_facts - what is known of the running VTL1 without asking it
 * @version: VTL1_VERSION()
 * @vp_count: virtual processors that have made their first VTL call
 * @memory_bytes: what it was given
 * @is_late: it was started after the initramfs
 */
struct vtl1_facts {
	u32 version;
	u32 vp_count;
	u64 memory_bytes;
	bool is_late;
};

int vtl1_start(struct vtl1_facts *facts);
void vtl1_set_facts(const struct vtl1_facts *facts);

bool vtl1_is_late(void);
int vtl1_status(struct vtl_status *status);
int vtl1_log(u64 sequence, struct vtl_log_page *page);
int vtl1_statement(struct vtl_statement *statement);
int vtl1_witness(struct vtl_witness *witness);

#endif
