/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef REDOUBT_CPUS_H
#define REDOUBT_CPUS_H

#include <linux/types.h>

#include "boot_info.h"

unsigned int cpus_boot_cpu(void);
int cpus_list(struct vp_list *vps);
int cpus_start_others(void);
int cpus_pin_all(void);
void cpus_keep(void);

#endif
