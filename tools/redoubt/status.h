/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_STATUS_H
#define REDOUBT_CLI_STATUS_H

#include "tools/redoubt/hypervisor.h"

#include <stdio.h>

const char *status_phase_name(__u32 phase);

/* One line of JSON. Paths are a promise to scripts: never renamed, only added to. */
void status_print_json(FILE *out, const struct redoubt_status *status,
		       const struct hypervisor *hypervisor);

/* One screen for people. */
void status_print_plain(FILE *out, const struct redoubt_status *status,
			const struct hypervisor *hypervisor);

#endif
