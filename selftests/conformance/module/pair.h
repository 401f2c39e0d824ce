/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_PAIR_MODULE_H
#define REDOUBT_PAIR_MODULE_H

#include <linux/types.h>

#include "selftests/conformance/module_abi.h"

int pair_prepare(struct pair_prepare *prepare);
int pair_hypercall(struct pair_hypercall *call);
int pair_call(struct pair_call *call);
int pair_try(struct pair_try *attempt);
int pair_world(struct pair_world *world, u64 pages_gpa);
int pair_nmi(struct pair_nmi *nmi);
int pair_nmi_init(void);
int pair_startup(struct pair_startup *startup);

/* vectors.S */
void pair_load_vectors(const void *xmm, const void *ymm_high, bool has_ymm);
void pair_store_vectors(void *xmm, void *ymm_high, bool has_ymm);
void pair_load_xmm6(const void *from);
void pair_store_xmm6(void *to);
/* Returns PAIR_NO_VECTOR or the vector. */
int pair_vtl_call(struct pair_call *call, void *address, u64 command_gpa, u64 rcx);

/* world_entry.S: 256 of them, 16 bytes each */
extern const u8 pair_world_stubs[];
void pair_world_enter(struct pair_world *world);

#endif
