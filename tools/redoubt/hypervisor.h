/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_HYPERVISOR_H
#define REDOUBT_CLI_HYPERVISOR_H

#include <stdbool.h>

#include "hvcall/abi/device.h"

struct hypervisor {
	char name[16];    /* NUL-terminated */
	char version[48]; /* major.minor.build.service */
	bool is_only_ram_executable; /* by VTL0's kernel; only ours says so */
	bool is_platform_checked; /* the board's side doors are guarded; only ours says so */
};

/*
 * Whose hypervisor is below, for people. Ours plays Hyper-V and says who it is in a leaf of its own.
 */
void hypervisor_describe(const struct redoubt_status *status, struct hypervisor *hypervisor);

#endif
