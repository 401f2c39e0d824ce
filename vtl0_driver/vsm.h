/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_VSM_H
#define REDOUBT_VSM_H

#include <linux/types.h>

#include "hvcall/abi/tlfs_hypercall.h"

/* Virtual Secure Mode as this VTL0 sees it; numbers from hvcall/abi/tlfs_*.h */

struct vsm_hypervisor {
	char name[16];  /* CPUID vendor, NUL-terminated */
	u32 version[4]; /* CPUID 0x40000002 */
};

int vsm_init(void);
void vsm_exit(void);

int vsm_detect(void);
void vsm_hypervisor(struct vsm_hypervisor *hypervisor);

bool vsm_can_use_mbec(void);
int vsm_enable_partition_vtl1(bool with_mbec);
int vsm_enable_vp_vtl1(const struct tlfs_initial_vp_context *context);
int vsm_vp_index_of(u32 apic_id, u32 *vp_index);
bool vsm_is_vp_in_vtl1(void);
void *vsm_vtl_call_address(void);

#endif
