// SPDX-License-Identifier: MIT

#include "tools/redoubt/hypervisor.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>

/* Above the leaves of TLFS; EBX ECX EDX spell a name there if the hypervisor is ours. */
#define LEAF_REDOUBT 0x40000100u
#define NAME_REDOUBT "Redoubt     "

static int is_ours(void)
{
	unsigned int eax, name[3];

	__cpuid(LEAF_REDOUBT, eax, name[0], name[1], name[2]);
	(void)eax;

	return memcmp(name, NAME_REDOUBT, sizeof(name)) == 0;
}

void hypervisor_describe(const struct redoubt_status *status, struct hypervisor *hypervisor)
{
	const __u32 *version = status->hypervisor_version;

	snprintf(hypervisor->name, sizeof(hypervisor->name), "%s",
		 is_ours() ? "Redoubt" : status->hypervisor_name);

	/* TLFS, CPUID 0x40000002: EAX build, EBX major and minor, EDX 23:0 service number */
	snprintf(hypervisor->version, sizeof(hypervisor->version), "%u.%u.%u.%u",
		 version[1] >> 16, version[1] & 0xffff, version[0], version[3] & 0xffffff);
}
