// SPDX-License-Identifier: MIT

#include "tools/redoubt/hypervisor.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>

#include "hvcall/abi/redoubt_cpuid.h"

#define NAME_REDOUBT "Redoubt     "

static int is_ours(void)
{
	unsigned int eax, name[3];

	__cpuid(REDOUBT_CPUID_SIGNATURE, eax, name[0], name[1], name[2]);
	(void)eax;

	return memcmp(name, NAME_REDOUBT, sizeof(name)) == 0;
}

void hypervisor_describe(const struct redoubt_status *status, struct hypervisor *hypervisor)
{
	unsigned int facts = 0, unused;
	const __u32 *version = status->hypervisor_version;

	snprintf(hypervisor->name, sizeof(hypervisor->name), "%s",
		 is_ours() ? "Redoubt" : status->hypervisor_name);

	/* Ours maps nothing else executable (hypervisor/README.md). */
	hypervisor->is_only_ram_executable = is_ours();
	if (is_ours())
		__cpuid(REDOUBT_CPUID_MACHINE, facts, unused, unused, unused);
	hypervisor->is_platform_checked = facts & REDOUBT_PLATFORM_CHECKED;

	/* TLFS, CPUID 0x40000002: EAX build, EBX major and minor, EDX 23:0 service number */
	snprintf(hypervisor->version, sizeof(hypervisor->version), "%u.%u.%u.%u",
		 version[1] >> 16, version[1] & 0xffff, version[0], version[3] & 0xffffff);
}
