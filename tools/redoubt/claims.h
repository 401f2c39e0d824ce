/* SPDX-License-Identifier: MIT */
#ifndef REDOUBT_CLI_CLAIMS_H
#define REDOUBT_CLI_CLAIMS_H

#include "tools/redoubt/hypervisor.h"

#include <stddef.h>

/* What is enforced, what is not, and why: the same for people and scripts. */

struct claims_policy {
	unsigned int number; /* MANIFEST_POLICY_* or WITNESS_POLICY_* */
	const char *promise; /* what holds while it is enforced */
};

#define CLAIMS_POLICY_COUNT 6u
extern const struct claims_policy claims_policies[CLAIMS_POLICY_COUNT];

/* "off", "enforce", or "unknown": after a failure VTL1 says nothing more. */
const char *claims_mode(const struct vtl_status *vtl1, unsigned int policy);

struct claims_gap {
	const char *what;
	const char *why;
};

#define CLAIMS_GAPS_MAX 16u

/* What is not enforced; returns how many. */
size_t claims_gaps(const struct redoubt_status *status, const struct hypervisor *hypervisor,
		   struct claims_gap gaps[CLAIMS_GAPS_MAX]);

/* Why there is no code integrity, or NULL if there is. */
const char *claims_integrity_problem(const struct redoubt_status *status,
				     const struct hypervisor *hypervisor);

/* Bytes that VTL0's kernel can execute, by who has explained them */
struct claims_execution {
	unsigned long long explained;
	unsigned long long unproved_modules;
	unsigned long long unproved_start_code;
	unsigned long long open; /* nobody has looked at them, and VTL0 can write them */
};

struct claims_execution claims_execution(const struct vtl_status *vtl1);

#endif
