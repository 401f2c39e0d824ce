/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_STATUS_H
#define REDOUBT_CLI_STATUS_H

#include "tools/redoubt/hypervisor.h"

#include <stddef.h>
#include <stdio.h>

const char *status_phase_name(__u32 phase);
const char *status_platform_word(const struct hypervisor *hypervisor);
const char *status_key_kind(const struct vtl_status *vtl1);

/* "major.minor.patch", into at least 16 bytes */
void status_format_version(char *out, size_t out_size, __u32 version);

/*
 * One line of JSON. Paths are a promise to scripts: never renamed, only added to. What is not known
 * in a phase is not there.
 */
void status_print_json(FILE *out, const struct redoubt_status *status,
		       const struct hypervisor *hypervisor);

/* One screen for people; @color: it is a terminal. */
void status_print_plain(FILE *out, const struct redoubt_status *status,
			const struct hypervisor *hypervisor, bool color);

#endif
