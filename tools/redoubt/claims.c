// SPDX-License-Identifier: MIT

#include "tools/redoubt/claims.h"

#include "hvcall/abi/manifest.h"
#include "hvcall/abi/witness.h"
#include "tools/redoubt/names.h"

#include <string.h>

#define FRAME_BYTES 4096ull

const struct claims_policy claims_policies[CLAIMS_POLICY_COUNT] = {
	{ WITNESS_POLICY_OWN_MEMORY, "VTL1's own memory is closed to VTL0" },
	{ MANIFEST_POLICY_TEXT, "the kernel's code and read-only data are the manifest's and stay so" },
	{ MANIFEST_POLICY_REGISTERS, "the kernel's control registers keep their values" },
	{ MANIFEST_POLICY_PATCHING, "the kernel's code is patched only as the manifest allows" },
	{ MANIFEST_POLICY_DATA, "the kernel's important data stay as they are" },
	{ MANIFEST_POLICY_MODULES, "modules run after every byte of theirs is explained" },
};

const char *claims_mode(const struct vtl_status *vtl1, unsigned int policy)
{
	const char *mode = names_mode(vtl1->modes[policy]);

	/* The driver fills in nothing then, and what was closed stays closed. */
	if (vtl1->phase == VTL_PHASE_FAILED)
		return policy == WITNESS_POLICY_OWN_MEMORY ? "enforce" : "unknown";

	return mode ? mode : "unknown";
}

static void add(struct claims_gap *gaps, size_t *count, const char *what, const char *why)
{
	gaps[*count].what = what;
	gaps[*count].why = why;
	(*count)++;
}

static bool has_fact(const struct redoubt_status *status, __u32 fact)
{
	return (status->vtl1.facts & fact) != 0;
}

static void add_phase(const struct vtl_status *vtl1, struct claims_gap *gaps, size_t *count)
{
	if (vtl1->phase == VTL_PHASE_BOOT)
		add(gaps, count, "kernel", "VTL0 is not sealed: its code, data and registers are trusted");
	if (vtl1->phase == VTL_PHASE_SEALED && vtl1->frames[FRAME_OPEN] != 0)
		add(gaps, count, "open frames",
		    "the hypervisor's pages lie over them; below, they can be written and executed");
}

static void add_machine(const struct redoubt_status *status, const struct hypervisor *hypervisor,
			struct claims_gap *gaps, size_t *count)
{
	if (!has_fact(status, VTL_STATUS_MBEC))
		add(gaps, count, "user pages",
		    "no MBEC: the kernel can execute what programs can");
	if (!has_fact(status, VTL_STATUS_DMA_FILTERED))
		add(gaps, count, "DMA",
		    "the hypervisor does not say that devices are kept from memory (CPUID 0x40000006 EAX)");
	if (!hypervisor->is_only_ram_executable)
		add(gaps, count, "memory that is not RAM",
		    "this hypervisor does not say that the kernel cannot execute it");
	if (!hypervisor->is_platform_checked)
		add(gaps, count, "platform",
		    "unchecked: the board's registers may lead around the hypervisor");
}

size_t claims_gaps(const struct redoubt_status *status, const struct hypervisor *hypervisor,
		   struct claims_gap gaps[CLAIMS_GAPS_MAX])
{
	size_t count = 0;

	if (status->driver_facts & REDOUBT_DRIVER_LATE)
		add(gaps, &count, "early start",
		    "late load: the driver was not loaded from the initramfs");
	if (status->vtl1.phase == VTL_PHASE_FAILED) {
		add(gaps, &count, "status",
		    "VTL1 has stopped itself and says nothing more; what it protected stays protected");
		return count;
	}
	add_phase(&status->vtl1, gaps, &count);
	add_machine(status, hypervisor, gaps, &count);
	if (strcmp(claims_mode(&status->vtl1, MANIFEST_POLICY_MODULES), "enforce") != 0)
		add(gaps, &count, "modules", "unverified: they run without proof");
	if (strcmp(claims_mode(&status->vtl1, MANIFEST_POLICY_DATA), "enforce") != 0)
		add(gaps, &count, "data", "the kernel's writable data are not sealed");
	if (!has_fact(status, VTL_STATUS_OPERATOR_KEY_OWN))
		add(gaps, &count, "operator key",
		    "development: who has the build's folder can sign manifests");
	add(gaps, &count, "audit mode", "there is none: a policy is enforced or off");

	return count;
}

const char *claims_integrity_problem(const struct redoubt_status *status,
				     const struct hypervisor *hypervisor)
{
	if (status->vtl1.phase == VTL_PHASE_FAILED)
		return "VTL1 has stopped itself and does not say";
	if (strcmp(claims_mode(&status->vtl1, MANIFEST_POLICY_TEXT), "enforce") != 0)
		return "VTL0 is not sealed";
	if (!has_fact(status, VTL_STATUS_MBEC))
		return "no MBEC";
	if (!has_fact(status, VTL_STATUS_DMA_FILTERED))
		return "DMA is not filtered";
	if (!hypervisor->is_only_ram_executable)
		return "memory that is not RAM may be executed by the kernel";
	if (status->vtl1.frames[FRAME_OPEN] != 0)
		return "frames below pages of the hypervisor are open";

	return NULL;
}

struct claims_execution claims_execution(const struct vtl_status *vtl1)
{
	unsigned long long unproved = vtl1->frames[FRAME_UNPROVED];
	unsigned long long start = vtl1->unproved_start_frames;

	struct claims_execution bytes = {
		.explained = (vtl1->frames[FRAME_KERNEL_TEXT] + vtl1->frames[FRAME_MODULE_TEXT]) *
			     FRAME_BYTES,
		.unproved_modules = (unproved > start ? unproved - start : 0) * FRAME_BYTES,
		.unproved_start_code = start * FRAME_BYTES,
		.open = vtl1->frames[FRAME_OPEN] * FRAME_BYTES,
	};

	return bytes;
}
